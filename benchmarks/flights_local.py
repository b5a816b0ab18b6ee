"""What sharing costs within one process, ours beside its peers in turns: for benchmarks.flights."""

import asyncio
import statistics
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

from benchmarks.flights_peers import AsyncWork, Work, of_coroutines, of_threads

CALLS, JOINERS, THREADS = 5_000, 1_000, 50
ROUNDS, THREAD_ROUNDS = 9, 40
OURS = "perfsite"
Row = tuple[str, str, float, str]
Shared = Callable[[Work], bytes]
AsyncShared = Callable[[AsyncWork], Awaitable[bytes]]


def rows(scope: Any) -> list[Row]:
    """Return what, by whom, microseconds and promise of everything measured."""
    threads: dict[str, Shared] = {"": lambda work: work(), OURS: lambda work: scope.run("k", work), **of_threads()}
    return [*alone(threads), *joining(threads), *asyncio.run(coroutines(scope))]


async def coroutines(scope: Any) -> list[Row]:
    """Return the rows of coroutines."""
    ways: dict[str, AsyncShared] = {
        "": lambda work: work(),
        OURS: lambda work: scope.run_async("k", work),
        **of_coroutines(),
    }
    lone = [{name: await repeated(way) for name, way in ways.items()} for _ in range(ROUNDS)]
    many = [{name: await crowd(way) for name, way in ways.items()} for _ in range(ROUNDS)]
    return [*above("alone, a coroutine", lone, "≤ 30"), *above("joining, a coroutine", many, "≤ 25")]


def above(what: str, turns: list[dict[str, float]], promise: str = "") -> list[Row]:
    """Return a row for each way, above the direct one, which has no name."""
    names = [name for name in turns[0] if name]
    costs = {name: statistics.median(turn[name] - turn[""] for turn in turns) for name in names}
    return [(what, name, cost, promise if name == OURS else "") for name, cost in costs.items()]


def quick() -> bytes:
    """Be work that is done at once."""
    return b"x"


async def quick_async() -> bytes:
    """Be work that is done at once."""
    return b"x"


def alone(ways: dict[str, Shared]) -> list[Row]:
    """Return what callers pay with whom nobody shares."""
    turns = [{name: timed(way) for name, way in ways.items()} for _ in range(ROUNDS)]
    return above("alone, a thread", turns, "≤ 30")


def timed(way: Shared) -> float:
    """Return the microseconds of processor time of a call."""
    begin = time.process_time()
    for _ in range(CALLS):
        way(quick)
    return (time.process_time() - begin) / CALLS * 1e6


async def repeated(way: AsyncShared) -> float:
    """Return the microseconds of processor time of an awaited call."""
    begin = time.process_time()
    for _ in range(CALLS):
        await way(quick_async)
    return (time.process_time() - begin) / CALLS * 1e6


async def crowd(way: AsyncShared) -> float:
    """Return the microseconds of processor time per coroutine of many that call at once."""
    opened = asyncio.Event()

    async def work() -> bytes:
        await opened.wait()
        return b"x"

    async def call() -> bytes:
        return await way(work)

    begin = time.process_time()
    tasks = [asyncio.create_task(call()) for _ in range(JOINERS)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    opened.set()
    await asyncio.gather(*tasks)
    return (time.process_time() - begin) / JOINERS * 1e6


def joining(ways: dict[str, Shared]) -> list[Row]:
    """Return what a thread pays for joining: of the processor, and by the clock until all go on."""
    turns = [{name: together(way) for name, way in ways.items()} for _ in range(THREAD_ROUNDS)]
    spent = [{name: cpu for name, (cpu, _) in turn.items()} for turn in turns]
    waited = [{name: wall for name, (_, wall) in turn.items()} for turn in turns]
    return [
        *above("joining, a thread: its processor time", spent, "≤ 15"),
        *above("joining, a thread: from the release until all go on", waited),
    ]


def together(way: Shared) -> tuple[float, float]:
    """Return the microseconds per thread of many that call at once: of the processor (median), of the clock."""
    opened, ready = threading.Event(), threading.Barrier(THREADS + 1)
    spent: list[float] = []

    def work() -> bytes:
        opened.wait()
        return b"x"

    def one() -> None:
        ready.wait()
        begin = time.thread_time()
        way(work)
        spent.append((time.thread_time() - begin) * 1e6)

    threads = [threading.Thread(target=one) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    ready.wait()
    time.sleep(0.02)
    begin = time.perf_counter()
    opened.set()
    for thread in threads:
        thread.join()
    return statistics.median(spent), (time.perf_counter() - begin) / THREADS * 1e6
