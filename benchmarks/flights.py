"""What sharing work costs: alone, joined, led over Redis, and from the release to a waiter in another process.

python -m benchmarks.flights: under a minute, on a private Redis. The peer is what one would write by hand: a dictionary
of futures in one loop, without cancellation, bounds, processes or audit.
"""

import asyncio
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from typing import Any

PACKAGES = ("django", "redis", "cryptography")
CALLS, JOINERS, THREADS, ROUNDS = 5_000, 1_000, 50, 200
NOTES = (
    "Over calling the work: microseconds per call above a direct call of the same work, medians of nine runs. Joining: "
    "many at once on one flight, above as many that run the same work, which waits for an event, themselves. Round "
    "trips: the leader's time over that of a PING, by redis-py in a thread and by redis.asyncio in a coroutine, in "
    "turns. Release to waiter: from the moment the leader's caller has its result to the moment a waiter in another "
    "process has it, by the clock they share."
)


def main() -> None:
    """Measure in processes of their own and publish."""
    role = os.environ.get("BENCHMARK_ROLE", "")
    {"local": local, "leader": leader, "waiter": waiter, "": report}[role]()


def report() -> None:
    """Start Redis and the processes, then publish."""
    from benchmarks.report import publish
    from tests.servers.redis import running_redis

    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        redis = stack.enter_context(running_redis())
        env = {**os.environ, "DATA_DIR": folder, "SECRET_KEY": "benchmark " * 5}
        rows = [row(*line.split("\t")) for line in output({**env, "BENCHMARK_ROLE": "local", "REDIS_URL": ""})]
        rows += over_redis({**env, "REDIS_URL": redis.url()})
    publish("flights", "Flights: what sharing costs", rows, packages=PACKAGES, notes=NOTES)


def output(env: dict[str, str]) -> list[str]:
    """Return the lines that a process of ours prints."""
    command = [sys.executable, "-m", "benchmarks.flights"]
    return subprocess.run(command, env=env, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()


def over_redis(env: dict[str, str]) -> list[dict[str, Any]]:
    """Return the rows that need two processes."""
    command = [sys.executable, "-m", "benchmarks.flights"]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1}
    with (
        subprocess.Popen(command, env={**env, "BENCHMARK_ROLE": "leader"}, **pipes) as first,
        subprocess.Popen(command, env={**env, "BENCHMARK_ROLE": "waiter"}, **pipes) as second,
    ):
        rows = [row(*first.stdout.readline().strip().split("\t")) for _ in range(4)]  # type: ignore[union-attr]
        delays = [delay(first, second, number) for number in range(ROUNDS)]
        for process in (first, second):
            process.stdin.close()  # type: ignore[union-attr]
    ordered = sorted(delays)
    for name, at in (("median", 0.5), ("p99", 0.99)):
        what = f"release to waiter in another process, {name}"
        rows.append(row(what, f"{ordered[int(len(ordered) * at)] * 1e3:.2f}", "ms", "≤ 5" if name == "p99" else ""))
    return rows


def delay(first: Any, second: Any, number: int) -> float:
    """Return the seconds from one round's release to its waiter."""
    print(number, file=first.stdin, flush=True)
    assert first.stdout.readline() == "begun\n"
    print(number, file=second.stdin, flush=True)
    return -float(first.stdout.readline()) + float(second.stdout.readline())


def row(what: str, value: str, unit: str, promise: str = "") -> dict[str, Any]:
    """Return one row of the table."""
    return {"what": what, "value": value, "unit": unit, "promise": promise}


def say(what: str, value: float, unit: str, promise: str = "") -> None:
    print(what, f"{value:.1f}", unit, promise, sep="\t", flush=True)


def local() -> None:
    """Print what flights cost in one process."""
    scope = set_up()
    say("alone, a thread", above(lambda: scope.run("k", quick), quick), "µs", "≤ 30")
    say("alone, a coroutine", asyncio.run(above_async(lambda: scope.run_async("k", quick_async))), "µs", "≤ 30")
    cpu, wall = joining_threads(scope)
    say("joining, a thread: its processor time", cpu, "µs", "≤ 15")
    say("joining, a thread: from the release until all go on", wall, "µs")
    direct, naive, ours = asyncio.run(joining(scope))
    say("joining, a coroutine", ours - direct, "µs", "≤ 25")
    say("joining a dictionary of futures (peer)", naive - direct, "µs")


def quick() -> bytes:
    return b"x"


async def quick_async() -> bytes:
    return b"x"


def above(call: Callable[[], object], base: Callable[[], object]) -> float:
    return statistics.median(timed(call) - timed(base) for _ in range(9))


def timed(call: Callable[[], object]) -> float:
    begin = time.perf_counter()
    for _ in range(CALLS):
        call()
    return (time.perf_counter() - begin) / CALLS * 1e6


async def above_async(call: Callable[[], Awaitable[object]]) -> float:
    async def each(made: Callable[[], Awaitable[object]]) -> float:
        begin = time.perf_counter()
        for _ in range(CALLS):
            await made()
        return (time.perf_counter() - begin) / CALLS * 1e6

    return statistics.median([await each(call) - await each(quick_async) for _ in range(9)])


async def joining(scope: Any) -> tuple[float, float, float]:
    """Return the microseconds per caller: all running it directly, by hand-made sharing, by flights."""
    futures: dict[str, asyncio.Task[bytes]] = {}

    async def by_hand(work: Callable[[], Any]) -> bytes:
        if "k" not in futures:
            futures["k"] = asyncio.create_task(work())
            futures["k"].add_done_callback(lambda _: futures.pop("k"))
        return await asyncio.shield(futures["k"])

    async def once(call: Callable[[Callable[[], Any]], Any]) -> float:
        opened = asyncio.Event()

        async def work() -> bytes:
            await opened.wait()
            return b"x"

        begin = time.perf_counter()
        tasks = [asyncio.create_task(call(work)) for _ in range(JOINERS)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        opened.set()
        await asyncio.gather(*tasks)
        return (time.perf_counter() - begin) / JOINERS * 1e6

    ways = (lambda work: work(), by_hand, lambda work: scope.run_async("k", work))
    runs = [[await once(way) for way in ways] for _ in range(9)]
    direct, naive, ours = (statistics.median(column) for column in zip(*runs, strict=True))
    return direct, naive, ours


def joining_threads(scope: Any) -> tuple[float, float]:
    """Return what a thread pays for joining instead of running the same work, which waits: its CPU, and the wall."""

    def direct(work: Callable[[], bytes]) -> bytes:
        return work()

    def shared(work: Callable[[], bytes]) -> bytes:
        result: bytes = scope.run("k", work)
        return result

    runs = [(*together(direct), *together(shared)) for _ in range(40)]
    cpu, wall, our_cpu, our_wall = (statistics.median(column) for column in zip(*runs, strict=True))
    return our_cpu - cpu, our_wall - wall


def together(call: Callable[[Callable[[], bytes]], bytes]) -> tuple[float, float]:
    """Return the microseconds per thread of many that call at once: of the processor (median), of the clock."""
    opened, ready = threading.Event(), threading.Barrier(THREADS + 1)
    spent: list[float] = []

    def work() -> bytes:
        opened.wait()
        return b"x"

    def one() -> None:
        ready.wait()
        begin = time.thread_time()
        call(work)
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


def leader() -> None:
    """Print what leading costs over Redis, then lead a round for each line of the input."""
    from apps.deduplication.flights.current import table

    scope = set_up()
    client = table()._store._store._client  # type: ignore[attr-defined]
    pairs = [(spent(client.ping), spent(lambda: scope.run(secrets.token_hex(8), quick))) for _ in range(1_000)]
    trip, thread = (statistics.median(column) for column in zip(*pairs, strict=True))
    awaited_trip, coroutine = asyncio.run(leading(scope, client))
    say("PING, a thread", trip * 1e6, "µs")
    say("leading over Redis, a thread", thread / trip, "round trips", "≤ 1.5")
    say("PING, a coroutine", awaited_trip * 1e6, "µs")
    say("leading over Redis, a coroutine", coroutine / awaited_trip, "round trips", "≤ 1.5")
    for line in sys.stdin:
        scope.run(f"round {line.strip()}", held)
        print(time.monotonic(), flush=True)
    close()


async def leading(scope: Any, client: Any) -> tuple[float, float]:
    """Return the seconds of an awaited PING and of leading, in turns."""
    from redis.asyncio import Redis

    async def once(call: Callable[[], Awaitable[object]]) -> float:
        await asyncio.sleep(0.001)
        begin = time.perf_counter()
        await call()
        return time.perf_counter() - begin

    settings = client.connection_pool.connection_kwargs
    async with Redis(host=settings["host"], port=settings["port"]) as awaited:
        pairs = [
            (await once(awaited.ping), await once(lambda: scope.run_async(secrets.token_hex(8), quick_async)))
            for _ in range(1_000)
        ]
    trip, lead = (statistics.median(column) for column in zip(*pairs, strict=True))
    return trip, lead


def held() -> bytes:
    print("begun", flush=True)
    time.sleep(0.03)
    return b"x" * 8_000


def waiter() -> None:
    """Join the round of each line of the input, and print when its result came."""
    scope = set_up()
    for line in sys.stdin:
        scope.run(f"round {line.strip()}", quick)
        print(time.monotonic(), flush=True)
    close()


def spent(call: Callable[[], object]) -> float:
    """Return the seconds of a call that comes after a pause, as requests do."""
    time.sleep(0.001)
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def close() -> None:
    """End the table and the bus."""
    from apps.backplane.current import stop_bus
    from apps.deduplication.flights.current import stop_table

    stop_table()
    stop_bus()


def set_up() -> Any:
    """Load Django; return a scope."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "perfsite.settings")
    import django

    django.setup()
    from apps.deduplication.flights.scope import Scope

    return Scope(name="benchmark", title="Benchmark")


if __name__ == "__main__":
    main()
