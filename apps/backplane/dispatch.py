"""The thread in which subscribers hear: one queue, bounded, in order."""

import logging
from collections import defaultdict, deque
from threading import Condition, Thread

from apps.backplane.bus import Deliver, Loss, Lost, Unsubscribe
from apps.backplane.envelope import Envelope

logger = logging.getLogger(__name__)
QUEUE_MAX = 10_000


class Dispatch:
    """Calls subscribers one after the other; what is over the bound is dropped, and a loss announced in its place."""

    def __init__(self, *, queue_max: int = QUEUE_MAX) -> None:
        self._queue_max = queue_max
        self._queue: deque[Envelope | Loss] = deque()
        self._wake = Condition()
        self._is_running = False
        self._thread: Thread | None = None
        self._subscribers: defaultdict[str, tuple[tuple[Deliver, Lost], ...]] = defaultdict(tuple)
        self.delivered = self.dropped = self.losses = 0

    def subscribe(self, topic: str, deliver: Deliver, lost: Lost) -> Unsubscribe:
        """Add a subscriber; the tables are swapped, so that a delivery under way is not disturbed."""
        entry = (deliver, lost)
        with self._wake:
            self._subscribers[topic] = (*self._subscribers[topic], entry)
        return lambda: self._remove(topic, entry)

    def put(self, item: Envelope | Loss) -> None:
        """Queue a message or a loss. Does not block."""
        with self._wake:
            if len(self._queue) >= self._queue_max:
                self.dropped += len(self._queue)
                self._queue.clear()
                self._queue.append(Loss(reason="subscribers are too slow"))
            self._queue.append(item)
            self._wake.notify()

    def start(self, name: str) -> None:
        """Start the thread; idempotent."""
        with self._wake:
            if self._is_running:
                return
            self._is_running = True
        self._thread = Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Deliver what is queued, then end the thread; blocks for a second at most."""
        with self._wake:
            self._is_running = False
            self._wake.notify()
        if self._thread:
            self._thread.join(timeout=1)

    def _remove(self, topic: str, entry: tuple[Deliver, Lost]) -> None:
        with self._wake:
            self._subscribers[topic] = tuple(kept for kept in self._subscribers[topic] if kept is not entry)

    def _run(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._queue or not self._is_running)
                if not self._queue:
                    return
                items, self._queue = self._queue, deque()
            for item in items:
                self._hear(item)

    def _hear(self, item: Envelope | Loss) -> None:
        if isinstance(item, Envelope):
            self.delivered += 1
            for deliver, _ in self._subscribers.get(item.topic, ()):
                _guarded(deliver, item)
            return
        self.losses += 1
        for topic in list(self._subscribers):
            for _, lost in self._subscribers[topic]:
                _guarded(lost, item)


def _guarded(call: "Deliver | Lost", item: "Envelope | Loss") -> None:
    try:
        call(item)  # type: ignore[arg-type]
    except Exception:  # one subscriber's fault must not silence the others; it is logged with its trace
        logger.exception("A bus subscriber failed")
