"""Threads that ask the shared store for event loops, and finish loads that nobody waits for any more."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from functools import lru_cache, partial
from typing import ParamSpec, TypeVar

from django.db import close_old_connections

P = ParamSpec("P")
R = TypeVar("R")
THREADS = 4


async def ask(question: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
    """Return what the function returns, or raise what it raises, without blocking the loop."""
    return await asyncio.wrap_future(submit(question, *args, **kwargs))


def submit(question: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> "Future[R]":
    """Have the function run in a thread, in the caller's context."""
    call = partial(copy_context().run, partial(question, *args, **kwargs))
    return _threads().submit(_asked, call)


@lru_cache(maxsize=1)
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(THREADS, thread_name_prefix="cache")


def _asked(call: Callable[[], R]) -> R:
    close_old_connections()
    try:
        return call()
    finally:
        close_old_connections()
