"""One message of the bus, and its form on the wire."""

from dataclasses import dataclass
from typing import Any

import orjson

HEARTBEAT = ""


class EnvelopeError(ValueError):
    """The bytes are no message of ours."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A payload for a topic, numbered by the process that sent it.

    `origin` is the sending process, `epoch` rises when it knows that messages of its own were lost, `sequence` counts
    1, 2, 3 … within the epoch. The empty topic is a heartbeat: it repeats the last number instead of taking one.
    """

    topic: str
    origin: str
    epoch: int
    sequence: int
    payload: Any = None


def encoded(envelope: Envelope) -> bytes:
    """Return the wire form; raise TypeError for a payload that JSON cannot carry."""
    return orjson.dumps((envelope.topic, envelope.origin, envelope.epoch, envelope.sequence, envelope.payload))


def decoded(data: bytes) -> Envelope:
    """Return the message; raise EnvelopeError for anything else."""
    try:
        topic, origin, epoch, sequence, payload = orjson.loads(data)
    except (ValueError, TypeError) as error:
        raise EnvelopeError(str(error)) from None
    if not (
        isinstance(topic, str) and isinstance(origin, str) and isinstance(epoch, int) and isinstance(sequence, int)
    ):
        raise EnvelopeError("a field has the wrong type")
    return Envelope(topic, origin, epoch, sequence, payload)
