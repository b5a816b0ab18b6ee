"""Ends a coroutine's wait after a while: what asyncio.timeout does, at half its price on the path of every call.

Source: asyncio.timeouts.Timeout, whose rules for cancellation by several at once it keeps.
"""

import asyncio
from typing import cast


class Timer:
    """Cancels the task that made it, unless stopped. Ask `claims` whether a cancellation was its own."""

    __slots__ = ("_cancelling", "_handle", "_is_claimed", "_is_over", "_task")

    def __init__(self, seconds: float) -> None:
        task = cast("asyncio.Task[object]", asyncio.current_task())  # a coroutine that waits is some task's
        self._task, self._cancelling = task, task.cancelling()
        self._is_over = self._is_claimed = False
        self._handle = task.get_loop().call_later(seconds, self._end)

    def claims(self) -> bool:
        """Return whether the cancellation that arrived is the timer's alone; nobody else asked for one."""
        self._is_claimed = self._is_over
        return self._is_over and self._task.uncancel() <= self._cancelling

    def stop(self) -> None:
        """Let the task go on, whatever happened."""
        self._handle.cancel()
        if self._is_over and not self._is_claimed:
            self._task.uncancel()

    def _end(self) -> None:
        self._is_over = True
        self._task.cancel()
