"""A process's answer to whoever asks what its cache counted; and the order to clear its memory."""

from base64 import b64encode
from dataclasses import asdict
from typing import TYPE_CHECKING

from apps.backplane.bus import Bus
from apps.backplane.census import ignore_loss
from apps.backplane.envelope import Envelope
from apps.caching.clearing import forget
from apps.caching.current import store
from apps.caching.namespace import namespaces
from apps.caching.sessions import Held, sessions
from apps.caching.statistics import freshness, invalidations
from apps.caching.watching.counted import Counted

if TYPE_CHECKING:
    from collections.abc import Callable

ASK, TELL, CLEAR = "caching.ask", "caching.tell", "caching.clear"
PLAY, RECORDED = "caching.play", "caching.recorded"


class Reporter:
    """Tells the process's counters to whoever asks, and forgets a namespace when that is ordered."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._stops: list[Callable[[], None]] = []

    def start(self) -> None:
        """Begin to hear; does not block."""
        self._stops = [
            self._bus.subscribe(ASK, self._tell, ignore_loss),
            self._bus.subscribe(PLAY, self._record, ignore_loss),
            self._bus.subscribe(CLEAR, _clear, ignore_loss),
        ]

    def stop(self) -> None:
        """Hear no more."""
        for stop in self._stops:
            stop()

    def _tell(self, envelope: Envelope) -> None:
        held, kept = sessions.held(), store()
        answer = {
            "question": envelope.payload,
            "store": type(kept).__name__,
            "lost": kept.lost,
            "sessions": sessions.count()[0],
            "l2_bytes": sessions.bytes,
            "l2_evictions": sessions.evictions,
            "invalidations": dict(invalidations),
            "freshness": asdict(freshness),
            "namespaces": {one.name: asdict(Counted.of(one, held.get(one.name, Held()))) for one in namespaces()},
            "observed": {one.name: one.observer.snapshot() for one in namespaces()},
        }
        self._bus.publish(TELL, answer)

    def _record(self, envelope: Envelope) -> None:
        """Hand over the latest reads of the namespace that the question is about."""
        name = envelope.payload.split(":", 1)[0]
        recordings = [b64encode(one.observer.recording()).decode() for one in namespaces() if one.name == name]
        self._bus.publish(RECORDED, {"question": envelope.payload, "recordings": recordings})


def _clear(envelope: Envelope) -> None:
    for namespace in namespaces():
        if namespace.name == envelope.payload:
            forget(namespace)
