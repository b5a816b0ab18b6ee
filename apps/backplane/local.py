"""The bus of a single process: the embedded default."""

from threading import Lock
from typing import Any

from apps.backplane.bus import BusStatus, Deliver, Lost, Unsubscribe
from apps.backplane.dispatch import Dispatch
from apps.backplane.envelope import Envelope, decoded, encoded
from apps.backplane.origin import new_origin


class LocalBus:
    """Reaches the threads and loops of this process; other processes follow through the database."""

    def __init__(self) -> None:
        self._origin = new_origin()
        self._sequence = 0
        self._lock = Lock()
        self._dispatch = Dispatch()

    def publish(self, topic: str, payload: Any) -> None:
        """Queue the payload for this process's subscribers."""
        with self._lock:
            envelope = Envelope(topic, self._origin, 0, self._sequence + 1, payload)
            self._dispatch.put(decoded(encoded(envelope)))  # as another process would see it
            self._sequence += 1

    def subscribe(self, topic: str, deliver: Deliver, lost: Lost) -> Unsubscribe:
        """Hear a topic from now on."""
        return self._dispatch.subscribe(topic, deliver, lost)

    def status(self) -> BusStatus:
        """Return the counters; there is nothing to be disconnected from."""
        return BusStatus(
            origin=self._origin,
            is_shared=False,
            is_connected=True,
            peers=(),
            published=self._sequence,
            delivered=self._dispatch.delivered,
            dropped=self._dispatch.dropped,
            losses=self._dispatch.losses,
        )

    def start(self) -> None:
        """Start the thread of the subscribers."""
        self._dispatch.start("bus")

    def stop(self) -> None:
        """End it."""
        self._dispatch.stop()

    def finish(self) -> None:
        """Do nothing: whoever could hear ends with this process."""
