"""Threads that ask the shared store for event loops; others finish loads that nobody waits for any more."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from functools import lru_cache, partial
from threading import BoundedSemaphore
from typing import ParamSpec, TypeVar

from django.db import close_old_connections

P = ParamSpec("P")
R = TypeVar("R")
THREADS, LATE = 4, 4
_places = BoundedSemaphore(LATE)


async def ask(question: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
    """Return what the function returns, or raise what it raises, without blocking the loop."""
    return await asyncio.wrap_future(submit(question, *args, **kwargs))


def submit(question: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> "Future[R]":
    """Have the function run in a thread, in the caller's context."""
    return _threads().submit(_asked, _in_context(partial(question, *args, **kwargs)))


def finish_later(work: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> "Future[R] | None":
    """Have the work done in a thread of its own, in the caller's context; None where all are at work.

    They are not those that ask: a dependency that hangs must not hold up who reads what is there.
    """
    if not _places.acquire(blocking=False):
        return None
    future = _late().submit(_asked, _in_context(partial(work, *args, **kwargs)))
    future.add_done_callback(lambda _: _places.release())
    return future


def _in_context(call: Callable[[], R]) -> Callable[[], R]:
    return partial(copy_context().run, call)


@lru_cache(maxsize=1)
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(THREADS, thread_name_prefix="cache")


@lru_cache(maxsize=1)
def _late() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(LATE, thread_name_prefix="cache-late")


def _asked(call: Callable[[], R]) -> R:
    close_old_connections()
    try:
        return call()
    finally:
        close_old_connections()
