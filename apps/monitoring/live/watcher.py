"""One socket as the aggregator sees it: what it watches, and the one frame that waits for it."""

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from apps.chat.live.bucket import Bucket
from apps.chat.live.session import digest_of
from apps.monitoring.live.limits import NOTES_MAX

if TYPE_CHECKING:
    from collections.abc import Callable

Ending = tuple[int, str]


class Watcher:
    """Latest wins: a second that comes while the one before still waits makes both part of a snapshot. Never a queue.

    `snapshot` makes one of the charts it watches. Lives on the event loop.
    """

    def __init__(self, *, session_key: str, user_id: int, now: float, snapshot: "Callable[[Watcher], str]") -> None:
        self.session_key, self.digest, self.user_id = session_key, digest_of(session_key), user_id
        self.charts: tuple[str, ...] | None = None
        self.is_paused = False
        self.bucket = Bucket(now)
        self.sent_at = now
        self.ended: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
        self._snapshot = snapshot
        self._delta: str | None = None
        self._is_behind = False
        self._notes: deque[str] = deque(maxlen=NOTES_MAX)
        self._wake = asyncio.Event()

    @property
    def is_watching(self) -> bool:
        """Whether it wants every second."""
        return self.charts is not None and not self.is_paused

    def watch(self, charts: tuple[str, ...]) -> None:
        """Watch these charts from now on, beginning with all that is known of them."""
        self.charts = charts
        self.resume()

    def pause(self) -> None:
        """Want nothing for a while."""
        self.is_paused, self._is_behind, self._delta = True, False, None

    def resume(self) -> None:
        """Go on, with a snapshot."""
        self.is_paused, self._is_behind = False, self.charts is not None
        self._wake.set()

    def offer(self, delta: str) -> None:
        """Have the next second sent, or a snapshot where the last one was not taken yet."""
        self._is_behind = self._is_behind or self._delta is not None
        self._delta = None if self._is_behind else delta
        self._wake.set()

    def note(self, text: str) -> None:
        """Have an answer sent; of too many the oldest go."""
        self._notes.append(text)
        self._wake.set()

    def end(self, code: int, reason: str) -> None:
        """Have the socket closed; the first reason counts."""
        if not self.ended.done():
            self.ended.set_result((code, reason))

    async def next(self) -> str:
        """Return what is to be sent; waits for it."""
        while True:
            await self._wake.wait()
            if self._notes:
                return self._notes.popleft()
            if self._is_behind:
                self._is_behind, self._delta = False, None
                return self._snapshot(self)
            if self._delta is not None:
                taken, self._delta = self._delta, None
                return taken
            self._wake.clear()
