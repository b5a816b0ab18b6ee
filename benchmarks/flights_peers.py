"""Who else lets callers within a process share one execution, all called alike: for benchmarks.flights.

Each shares by key, in one process, and nothing more: no bound, no deadline, no audit, no other process. Those of
coroutines know one event loop.
"""

import asyncio
from collections.abc import Awaitable, Callable

Work = Callable[[], bytes]
AsyncWork = Callable[[], Awaitable[bytes]]
PACKAGES = ("oneflight", "cashews")


def of_threads() -> dict[str, Callable[[Work], bytes]]:
    """Return how threads share, by the name of who offers it."""
    from oneflight import OneFlight

    flights = OneFlight()
    return {"oneflight": lambda work: flights.do("k", work)[0]}


def of_coroutines() -> dict[str, Callable[[AsyncWork], Awaitable[bytes]]]:
    """Return how coroutines share, by the name of who offers it; to be called in their loop."""
    from cashews import thunder_protection
    from oneflight import AsyncOneFlight

    flights = AsyncOneFlight()

    @thunder_protection(key="k")
    async def protected(work: AsyncWork) -> bytes:
        return await work()

    return {
        "oneflight": lambda work: first(flights.do("k", work)),
        "cashews": protected,
        "a dictionary of futures": by_hand(),
    }


async def first(pair: Awaitable[tuple[bytes, bool]]) -> bytes:
    """Return the value of a pair."""
    return (await pair)[0]


def by_hand() -> Callable[[AsyncWork], Awaitable[bytes]]:
    """Return what one would write: the task under its key, shielded from the cancellation of who waits."""
    tasks: dict[str, asyncio.Task[bytes]] = {}

    async def share(work: AsyncWork) -> bytes:
        if "k" not in tasks:
            tasks["k"] = asyncio.ensure_future(work())  # type: ignore[assignment]  # a coroutine becomes a task
            tasks["k"].add_done_callback(lambda _: tasks.pop("k"))
        return await asyncio.shield(tasks["k"])

    return share
