"""What sharing work costs: alone, joined, led over Redis, and from the release to a waiter in another process.

python -m benchmarks.flights: under a minute, on a private Redis. Who else shares within a process is measured in the
same run: benchmarks.flights_peers.
"""

import asyncio
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from typing import Any

from benchmarks.flights_local import OURS, quick, quick_async, rows
from benchmarks.flights_peers import PACKAGES as PEERS

PACKAGES = ("django", "redis", "cryptography", *PEERS)
ROUNDS = 200
NOTES = (
    "Alone and joining: microseconds of processor time per call above a direct call of the same work, medians of nine "
    "turns (40 for threads that join), all subjects taking turns. Joining: many at once on one flight, above as many "
    "that run the same work, which waits for an event, themselves. The peers share within one process, those of "
    "coroutines within one event loop, without bounds, deadlines, audit or other processes. Not among them: aiocache, "
    "whose callers share what the first one has stored, and singleflight, which comes as source only. Round trips: the "
    "leader's time over that of a PING, by redis-py in a thread and by redis.asyncio in a coroutine, in turns. Release "
    "to waiter: from the moment the leader's caller has its result to the moment a waiter in another process has it, "
    "by the clock they share."
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
        made = [row(*line.split("\t")) for line in output({**env, "BENCHMARK_ROLE": "local", "REDIS_URL": ""})]
        made += over_redis({**env, "REDIS_URL": redis.url()})
    publish("flights", "Flights: what sharing costs", made, packages=PACKAGES, notes=NOTES)


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
        made = [row(*first.stdout.readline().strip().split("\t")) for _ in range(4)]  # type: ignore[union-attr]
        delays = [delay(first, second, number) for number in range(ROUNDS)]
        for process in (first, second):
            process.stdin.close()  # type: ignore[union-attr]
    ordered = sorted(delays)
    for name, at in (("median", 0.5), ("p99", 0.99)):
        what = f"release to waiter in another process, {name}"
        made.append(
            row(what, OURS, f"{ordered[int(len(ordered) * at)] * 1e3:.2f}", "ms", "≤ 5" if name == "p99" else "")
        )
    return made


def delay(first: Any, second: Any, number: int) -> float:
    """Return the seconds from one round's release to its waiter."""
    print(number, file=first.stdin, flush=True)
    assert first.stdout.readline() == "begun\n"
    print(number, file=second.stdin, flush=True)
    return -float(first.stdout.readline()) + float(second.stdout.readline())


def row(what: str, by: str, value: str, unit: str, promise: str = "") -> dict[str, Any]:
    """Return one row of the table."""
    return {"what": what, "by": by, "value": value, "unit": unit, "promise": promise}


def say(what: str, by: str, value: float, unit: str, promise: str = "") -> None:
    print(what, by, f"{value:.1f}", unit, promise, sep="\t", flush=True)


def local() -> None:
    """Print what flights cost in one process."""
    for what, by, cost, promise in rows(set_up()):
        say(what, by, cost, "µs", promise)


def leader() -> None:
    """Print what leading costs over Redis, then lead a round for each line of the input."""
    from apps.deduplication.flights.current import table

    scope = set_up()
    client = table()._store._store._client  # type: ignore[attr-defined]
    pairs = [(spent(client.ping), spent(lambda: scope.run(secrets.token_hex(8), quick))) for _ in range(1_000)]
    trip, thread = (statistics.median(column) for column in zip(*pairs, strict=True))
    awaited_trip, coroutine = asyncio.run(leading(scope, client))
    say("PING, a thread", "redis-py", trip * 1e6, "µs")
    say("leading over Redis, a thread", OURS, thread / trip, "round trips", "≤ 1.5")
    say("PING, a coroutine", "redis-py", awaited_trip * 1e6, "µs")
    say("leading over Redis, a coroutine", OURS, coroutine / awaited_trip, "round trips", "≤ 1.5")
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
