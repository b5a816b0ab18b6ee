"""What processes tell each other: which tags were invalidated, and which sessions ended."""

from collections.abc import Sequence

from apps.backplane.bus import Bus, Loss
from apps.backplane.envelope import Envelope
from apps.caching.sessions import TOPIC as SESSIONS
from apps.caching.sessions import sessions
from apps.caching.tag import tags

TAGS = "caching.tags"


def tell(bus: Bus, names: Sequence[str]) -> None:
    """Tell all processes, this one as well, that the tags were invalidated. Does not block."""
    bus.publish(TAGS, list(names))


def listen(bus: Bus) -> None:
    """Hear what others invalidate; where something may have been missed, nothing in memory is current."""
    origin = bus.status().origin

    def heard(envelope: Envelope) -> None:
        if envelope.origin != origin or envelope.payload is None:
            tags.bump(str(name) for name in envelope.payload or ())

    bus.subscribe(TAGS, heard, _lost)
    bus.subscribe(SESSIONS, _ended, _lost)


def _ended(envelope: Envelope) -> None:
    sessions.end(str(envelope.payload))


def _lost(_: Loss) -> None:
    sessions.clear()
    tags.bump_all()
