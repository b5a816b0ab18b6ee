"""A streaming body on its way from a thread to the loop, a bounded number of bytes at a time."""

import asyncio
from contextlib import closing, suppress
from threading import Condition
from typing import Any

from perfsite.edge.protocol import STALL_SECONDS, Send

LIMIT_BYTES = 256 * 1024


class Outlet:
    """Chunks go as soon as the loop is free, all that came meanwhile together.

    So a fast producer's small chunks are joined, and a slow one's are never held back.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._chunks: list[bytes] = []
        self._size = 0
        self._room = Condition()
        self._ready = asyncio.Event()
        self._is_finished = self._is_abandoned = False
        self._is_whole = False

    def fill(self, response: Any) -> None:
        """Iterate the response and close it; called in the thread, blocks while the client is slower."""
        try:
            with closing(response):
                self._is_whole = all(map(self._put, response))
        finally:
            self._is_finished = True
            self._loop.call_soon_threadsafe(self._ready.set)

    def _put(self, chunk: bytes) -> bool:
        with self._room:
            self._room.wait_for(lambda: self._size < LIMIT_BYTES or self._is_abandoned)
            self._chunks.append(chunk)
            self._size += len(chunk)
            if len(self._chunks) == 1:
                self._loop.call_soon_threadsafe(self._ready.set)
            return not self._is_abandoned

    def abandon(self) -> None:
        """Say from the loop that nobody listens any more; the thread stops at its next chunk."""
        with self._room:
            self._is_abandoned = True
            self._room.notify()
        self._ready.set()

    async def pump(self, send: Send) -> bool:
        """Send what comes until the end; return whether the body is whole. A client that takes nothing is given up."""
        is_last = False
        with suppress(TimeoutError):
            while not is_last and await self._ready.wait() and not self._is_abandoned:
                is_last, batch = self._take()
                if not batch:  # the end came after the last chunk had gone
                    continue
                async with asyncio.timeout(STALL_SECONDS):
                    await send({"type": "http.response.body", "body": batch, "more_body": True})
        return is_last and self._is_whole

    def _take(self) -> tuple[bool, bytes]:
        is_last = self._is_finished  # read first: what was put before the end is then in the batch
        with self._room:
            self._ready.clear()
            batch = b"".join(self._chunks)
            self._chunks.clear()
            self._size = 0
            self._room.notify()
        return is_last, batch
