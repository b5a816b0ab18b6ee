"""A second attempt beside a first that dawdles: for reads alone, paid from the retry budget.

Source: Dean and Barroso, "The Tail at Scale", 2013.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

Attempt = Callable[[], Coroutine[Any, Any, Any]]


async def hedged(attempt: Attempt, *, after_seconds: float, may_repeat: Callable[[], bool]) -> Any:
    """Return the first good answer of at most two attempts; raise the first's error when none is good.

    The attempt that is not needed is cancelled, which no breaker counts.
    """
    first = asyncio.ensure_future(attempt())
    attempts = [first]
    try:
        await asyncio.wait(attempts, timeout=after_seconds)
        if not first.done() and may_repeat():
            attempts.append(asyncio.ensure_future(attempt()))
        return await _first_good(attempts)
    finally:
        await _end(attempts)


async def _first_good(attempts: Sequence["asyncio.Future[Any]"]) -> Any:
    waiting: set[asyncio.Future[Any]] = set(attempts)
    while waiting:
        done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for one in done:
            if not one.cancelled() and one.exception() is None:
                return one.result()
    return attempts[0].result()


async def _end(attempts: Sequence["asyncio.Future[Any]"]) -> None:
    for one in attempts:
        one.cancel()
    ended: Awaitable[Any] = asyncio.gather(*attempts, return_exceptions=True)
    await ended
