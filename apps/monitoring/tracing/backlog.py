"""Kept traces that wait for whoever stores or sends them: so many spans, and no more."""

from collections import deque
from threading import Condition
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apps.monitoring.tracing.keeping import Kept

SPANS_MOST = 3_000  # 2.4 MB


class Backlog:
    """For one thread that takes. Putting costs a lock that is held for nanoseconds, and never waits for the taker."""

    def __init__(self, limit: int = SPANS_MOST) -> None:
        self._limit, self._size = limit, 0
        self._waiting: deque[Kept] = deque()
        self._changed = Condition()
        self._is_closed = False
        self.dropped = 0

    def put(self, kept: "Kept") -> None:
        """Add a trace; where there is no room for it, its spans are dropped and counted."""
        size = kept.size
        with self._changed:
            if self._size + size > self._limit or self._is_closed:
                self.dropped += size
                return
            self._waiting.append(kept)
            self._size += size

    def take(self, seconds: float, most: int) -> "list[Kept] | None":
        """Return what has come after so long, so many spans and one trace at least; None at the end. Blocks.

        It waits even where there is something already: so that more go together.
        """
        with self._changed:
            if self._size < most and not self._is_closed:
                self._changed.wait(seconds)
            if self._is_closed and not self._waiting:
                return None
            taken: list[Kept] = []
            room = most
            while self._waiting and (not taken or self._waiting[0].size <= room):
                one = self._waiting.popleft()
                taken.append(one)
                room -= one.size
                self._size -= one.size
            return taken

    def lose(self, spans: int) -> None:
        """Count spans that were taken and could not be passed on."""
        with self._changed:
            self.dropped += spans

    def close(self) -> None:
        """Take nothing more; what waits is still given out."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
