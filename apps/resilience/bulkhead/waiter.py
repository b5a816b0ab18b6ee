"""Who waits for a place: a thread or a coroutine, woken by whoever leaves."""

import asyncio
from threading import Lock
from typing import Protocol


class Waiter(Protocol):
    """Gets its place handed over."""

    def wake(self) -> bool:
        """Tell it that the place is its own; return whether it can hear that. Does not block."""
        ...


class ThreadWaiter:
    """A thread."""

    def __init__(self) -> None:
        self._gate = Lock()
        self._gate.acquire()

    def wake(self) -> bool:
        """Let the thread go on."""
        self._gate.release()
        return True

    def wait(self, seconds: float) -> bool:
        """Return whether it was woken in time. Blocks."""
        return self._gate.acquire(timeout=seconds)


class LoopWaiter:
    """A coroutine; woken from any thread."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._woken = asyncio.Event()

    def wake(self) -> bool:
        """Let the coroutine go on; one whose loop has ended needs no place."""
        if self._loop.is_closed():
            return False
        self._loop.call_soon_threadsafe(self._woken.set)
        return True

    async def wait(self, seconds: float) -> bool:
        """Return whether it was woken in time."""
        try:
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        except TimeoutError:
            return False
        return True
