"""What goes over a socket: JSON, encoded once however many sockets it goes to."""

from typing import Any, NamedTuple

import orjson


class Frame(NamedTuple):
    """A text frame and its size in bytes."""

    text: str
    size: int


def frame(kind: str, *, conversation: int | None = None, sequence: int = 0, **fields: Any) -> Frame:
    """Return an event; None fields are left out. `sequence` is the number the conversation is at, 0 without one."""
    head: dict[str, Any] = {"type": kind, "sequence": sequence}
    if conversation is not None:
        head["conversation"] = conversation
    head |= {name: value for name, value in fields.items() if value is not None}
    return _framed(orjson.dumps(head, option=orjson.OPT_UTC_Z))


def message_frame(conversation: int, number: int, message: str) -> Frame:
    """Return a message event around a record that is JSON already."""
    text = f'{{"type":"message","conversation":{conversation},"sequence":{number},"message":{message}}}'
    return Frame(text, len(text.encode()))


def encoded_record(record: object) -> str:
    """Return a record as the API would answer it."""
    return orjson.dumps(record, option=orjson.OPT_UTC_Z).decode()


def _framed(data: bytes) -> Frame:
    return Frame(data.decode(), len(data))
