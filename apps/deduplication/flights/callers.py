"""Those who wait: a thread on a lock of its own, a coroutine on a future of its own loop. Both may share a flight."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextvars import copy_context
from threading import Lock, get_ident
from typing import Any

from apps.deduplication.flights.outcome import Outcome

Work = Callable[[], bytes]
AsyncWork = Callable[[], Awaitable[bytes]]


class ThreadCaller:
    """A thread. It runs its work itself, where the session, the connection and the context are its own."""

    __slots__ = ("_gate", "is_pilot", "outcome", "work")

    def __init__(self, work: Work) -> None:
        self.work = work
        self.outcome: Outcome | None = None
        self.is_pilot = False
        self._gate = Lock()
        self._gate.acquire()

    def wait(self, seconds: float) -> bool:
        """Block until something is decided, for so many seconds at most (-1: without limit); return whether it is."""
        return self._gate.acquire(timeout=seconds)

    def settle(self, outcome: Outcome | None) -> None:
        """Give the outcome, None to begin anew. A pilot knows its own."""
        if not self.is_pilot:
            self.outcome = outcome
            self._gate.release()

    def start(self) -> None:
        """Let it run its work."""
        self.is_pilot = True
        self._gate.release()


class LoopCaller:
    """A coroutine. Its work runs in a task of its own, which outlives it for the sake of the others."""

    __slots__ = ("_context", "future", "has_begun", "is_pilot", "loop", "task", "thread", "work")

    def __init__(self, work: AsyncWork) -> None:
        self.work = work
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Outcome | None] = self.loop.create_future()
        self.is_pilot = self.has_begun = False
        self.task: asyncio.Task[None] | None = None
        self._context, self.thread = copy_context(), get_ident()

    @property
    def is_here(self) -> bool:
        """Whether we are in its loop's thread."""
        return get_ident() == self.thread

    def settle(self, outcome: Outcome | None) -> None:
        """Give the outcome, None to begin anew; in its loop's thread."""
        if not self.future.done() and not self.loop.is_closed():
            self.future.set_result(outcome)

    def start(self, flight: Callable[[], Any], grounded: Callable[[], None]) -> None:
        """Run its work in its loop, or say that it never began; raise RuntimeError when the loop has ended."""
        self.is_pilot = True
        self.run_there(lambda: self._begin(flight, grounded))

    def cancel(self) -> None:
        """Stop its work; does nothing when its loop has ended, and the work with it."""
        if not self.loop.is_closed():
            self.run_there(self._cancel)

    def run_there(self, call: Callable[[], None]) -> None:
        """Make a call in its loop's thread; raise RuntimeError when the loop has ended."""
        if self.loop.is_closed():
            raise RuntimeError("The event loop has ended.")
        if self.is_here:
            call()
        else:
            self.loop.call_soon_threadsafe(call)

    def _begin(self, flight: Callable[[], Any], grounded: Callable[[], None]) -> None:
        """Make the task. One that is cancelled before its first step never runs, and could not say so itself."""
        self.task = self.loop.create_task(flight(), context=self._context)
        self.task.add_done_callback(lambda _: None if self.has_begun else grounded())

    def _cancel(self) -> None:
        if self.task is not None:
            self.task.cancel()


Caller = ThreadCaller | LoopCaller


def settle(callers: Iterable[Caller], outcome: Outcome | None) -> None:
    """Give all of them the outcome: each thread by itself, each loop with one call for all of its callers."""
    here = get_ident()
    loops: dict[asyncio.AbstractEventLoop, list[LoopCaller]] = {}
    for caller in callers:
        if isinstance(caller, ThreadCaller) or caller.thread == here:
            caller.settle(outcome)
        else:
            loops.setdefault(caller.loop, []).append(caller)
    for loop, waiting in loops.items():
        try:
            loop.call_soon_threadsafe(_settle_here, waiting, outcome)
        except RuntimeError:  # the loop has ended, and with it everybody who waited there
            continue


def _settle_here(callers: Iterable[LoopCaller], outcome: Outcome | None) -> None:
    for caller in callers:
        caller.settle(outcome)
