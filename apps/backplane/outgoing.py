"""What this process has still to tell the others: numbered, bounded, honest about what it gave up."""

from collections import deque
from threading import Condition
from typing import Any

from apps.backplane.envelope import HEARTBEAT, Envelope, encoded

QUEUE_MAX = 10_000


class Outgoing:
    """A queue of encoded messages. Giving up on some begins a new epoch, by which every receiver learns of the loss."""

    def __init__(self, origin: str, *, queue_max: int = QUEUE_MAX) -> None:
        self.origin, self._queue_max = origin, queue_max
        self.epoch = self.sequence = 0
        self.published = self.dropped = 0
        self._queue: deque[bytes] = deque()
        self.lock = Condition()

    def add(self, topic: str, payload: Any) -> Envelope:
        """Number and queue a message; the caller holds the lock. Raises TypeError for what JSON cannot carry."""
        envelope = Envelope(topic, self.origin, self.epoch, self.sequence + 1, payload)
        data = encoded(envelope)
        if len(self._queue) >= self._queue_max:
            self.give_up()
            envelope = Envelope(topic, self.origin, self.epoch, 1, payload)
            data = encoded(envelope)
        self.sequence = envelope.sequence
        self.published += 1
        self._queue.append(data)
        self.lock.notify()
        return envelope

    def give_up(self, *, taken: int = 0) -> None:
        """Drop the queue, count it with what was `taken` already, and begin a new epoch; the caller holds the lock."""
        self.dropped += len(self._queue) + taken
        self._queue.clear()
        self.epoch, self.sequence = self.epoch + 1, 0

    def take(self, *, most: int, wait_seconds: float) -> list[bytes]:
        """Return messages in order, after waiting for the first one for a while."""
        with self.lock:
            if not self._queue:
                self.lock.wait(wait_seconds)
            return [self._queue.popleft() for _ in range(min(most, len(self._queue)))]

    def heartbeat(self) -> bytes:
        """Return the message that repeats the last number, once nothing older waits in the queue; else nothing."""
        with self.lock:
            return b"" if self._queue else encoded(Envelope(HEARTBEAT, self.origin, self.epoch, self.sequence))
