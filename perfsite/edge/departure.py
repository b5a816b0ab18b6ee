"""Notices that the client of a request leaves, and ends the wait for it."""

import asyncio

from perfsite.edge.protocol import Receive
from perfsite.edge.watch import QUIET_SECONDS


class Departure:
    """Cancels the task that made it when the client leaves; listens only after a while. Whoever made it stops it."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._loop = asyncio.get_running_loop()
        self._waiting = asyncio.current_task()
        self._listener: asyncio.Task[None] | None = None
        self._timer = self._loop.call_later(QUIET_SECONDS, self._begin)
        self.has_come = False

    def stop(self) -> None:
        """Listen no more."""
        self._timer.cancel()
        if self._listener is not None:
            self._listener.cancel()

    def forgive(self) -> None:
        """Take the cancellation back: it was ours."""
        if self._waiting is not None:
            self._waiting.uncancel()

    def _begin(self) -> None:
        self._listener = self._loop.create_task(self._listen())

    async def _listen(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass  # the end of a request without a body
        self.has_come = True
        if self._waiting is not None:
            self._waiting.cancel()
