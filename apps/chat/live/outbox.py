"""What waits to be sent over one socket: in order, bounded in bytes."""

import asyncio
from collections import deque
from time import perf_counter

from apps.chat.live.frames import Frame
from apps.chat.statistics import sockets


class Outbox:
    """Filled by the event loop without waiting, emptied by the socket's task."""

    __slots__ = ("_queue", "_waiter", "filled_at", "size")

    def __init__(self, now: float) -> None:
        self._queue: deque[tuple[Frame, float]] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self.size = 0
        self.filled_at = now

    def put(self, frame: Frame, *, now: float, limit_bytes: int) -> bool:
        """Queue a frame; return False, and queue nothing, when it finds others and does not fit beside them."""
        if self._queue and self.size + frame.size > limit_bytes:
            return False
        self._queue.append((frame, perf_counter()))
        self.size += frame.size
        self.filled_at = now
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
        return True

    async def next(self) -> str:
        """Return the oldest frame's text; waits for one."""
        while not self._queue:  # it may be cleared between the waking and the turn
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        frame, since = self._queue.popleft()
        self.size -= frame.size
        sockets.waits.note(perf_counter() - since)
        return frame.text

    def clear(self) -> None:
        """Drop all that waits."""
        self._queue.clear()
        self.size = 0
