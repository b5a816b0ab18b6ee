"""Threads in which the event loop has the database asked: few, its own, apart from those that serve requests."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import ParamSpec, TypeVar

from django.db import close_old_connections

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class Desk:
    """Answers one question per thread at a time; the others wait in order."""

    def __init__(self, name: str, *, threads: int) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix=name)

    async def ask(
        self, question: Callable[Arguments, Result], *arguments: Arguments.args, **options: Arguments.kwargs
    ) -> Result:
        """Return what the function returns, or raise what it raises; the thread's connection goes back afterwards.

        It runs in the caller's context: what it asks is part of the same trace.
        """
        call = partial(copy_context().run, _asked, partial(question, *arguments, **options))
        return await asyncio.get_running_loop().run_in_executor(self._executor, call)

    def stop(self) -> None:
        """Drop what waits; does not block for what is under way, which the database's own timeouts bound."""
        self._executor.shutdown(wait=False, cancel_futures=True)


def _asked(question: Callable[[], Result]) -> Result:
    close_old_connections()
    try:
        return question()
    finally:
        close_old_connections()
