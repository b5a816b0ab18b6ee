"""What the cache costs: a hit at each level, and what it adds to a load.

python -m benchmarks.caching: under a minute, on a private Redis and a private SQLite. The value is the document
of fifty messages, as the chat keeps it.
"""

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from itertools import count
from typing import Any

PACKAGES = ("django", "redis", "msgspec", "backports-zstd", "cryptography")
CALLS, ROUNDS, TRIPS, LOADS = 20_000, 9, 1_000, 300
NOTES = (
    "Hits in memory: processor time per call with fences, policy, session and counters, medians of nine runs. L3: a "
    "read whose process has nothing in memory (stamps compared, authenticated, decompressed, decoded), and one that "
    "looks at the stamps of what it has, against a GET of the same bytes by redis-py, in turns; medians. A load: "
    "processor time above calling the loader, every key for the first time."
)


def main() -> None:
    """Measure in processes of their own and publish."""
    role = os.environ.get("BENCHMARK_ROLE", "")
    {"embedded": embedded, "redis": over_redis, "": report}[role]()


def report() -> None:
    """Start Redis and the processes, then publish."""
    from benchmarks.report import publish
    from tests.servers.redis import running_redis

    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        redis = stack.enter_context(running_redis())
        env = {**os.environ, "DATA_DIR": folder, "SECRET_KEY": "benchmark " * 5, "HTTPS": "off"}
        migrate = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
        subprocess.run(migrate, env={**env, "REDIS_URL": ""}, check=True)
        lines = output({**env, "BENCHMARK_ROLE": "embedded", "REDIS_URL": ""})
        lines += output({**env, "BENCHMARK_ROLE": "redis", "REDIS_URL": redis.url()})
    rows = [dict(zip(("what", "value", "unit", "promise"), line.split("\t"), strict=True)) for line in lines]
    publish("caching", "The cache: what a hit and a load cost", rows, packages=PACKAGES, notes=NOTES)


def output(env: dict[str, str]) -> list[str]:
    """Return the lines that a process of ours prints."""
    command = [sys.executable, "-m", "benchmarks.caching"]
    return subprocess.run(command, env=env, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()


def say(what: str, value: float, unit: str, promise: str = "") -> None:
    print(what, f"{value:.2f}", unit, promise, sep="\t", flush=True)


def set_up() -> tuple[Any, Any]:
    """Return a namespace and a page."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "perfsite.settings")
    import django
    import orjson

    django.setup()
    from datetime import UTC, datetime

    from apps.caching.namespace import Namespace
    from apps.chat.records import Author, HistoryPage, MessageRecord

    text = "The quick brown fox jumps over the lazy dog, again."
    rows = tuple(
        MessageRecord(
            id=number, sequence=number, conversation=7, author=Author(id=3, name="ann"), role="user", text=text,
            html=f"<p>{text}</p>\n", client_id=None, created_at=datetime.now(UTC), edited_at=None, deleted=False,
        )
        for number in range(50)
    )  # fmt: skip
    page = orjson.dumps(HistoryPage(messages=list(rows), next_before=1, next_after=None, last_event=50))
    made = Namespace("bench", title="Bench", value=bytes, tags=lambda key: (f"conversation:{key[0]}",))
    return made, page


def turned(namespace: Any, **changes: Any) -> None:
    from apps.tuning.handle import State

    namespace.policy.swap(State(policy=replace(namespace.policy.current, early_beta=0.0, **changes)))


def each(call: Callable[[], object], calls: int = CALLS) -> float:
    """Return the microseconds of the processor per call."""
    begin = time.thread_time()
    for _ in range(calls):
        call()
    return (time.thread_time() - begin) / calls * 1e6


def median(call: Callable[[], object]) -> float:
    return statistics.median(each(call) for _ in range(ROUNDS))


async def awaited(namespace: Any, load: Any) -> float:
    async def once() -> float:
        begin = time.thread_time()
        for _ in range(CALLS):
            await namespace.get_or_load_async((7,), load)
        return (time.thread_time() - begin) / CALLS * 1e6

    return statistics.median([await once() for _ in range(ROUNDS)])


def embedded() -> None:
    """Print what hits in memory and loads cost without Redis."""
    namespace, page = set_up()

    async def load_async() -> Any:
        return page

    turned(namespace, l1_seconds=4.0)
    namespace.get_or_load((7,), lambda: page, session="s")
    say("L1 hit", memory_hit(namespace, page), "µs", "≤ 0.8")
    say("L1 hit, awaited", asyncio.run(awaited(namespace, load_async)), "µs", "≤ 1.2")
    turned(namespace, l1_seconds=0.0)
    namespace.shelf.clear()
    say("L2 hit", memory_hit(namespace, page, session="s"), "µs", "≤ 1.5")
    loads(namespace, page, "without Redis", "≤ 60")


def memory_hit(namespace: Any, page: Any, **options: Any) -> float:
    def call() -> object:
        return namespace.get_or_load((7,), load, **options)

    def load() -> Any:
        return page

    def refreshed() -> float:
        call()
        return each(call)

    return statistics.median(refreshed() for _ in range(ROUNDS))


def loads(namespace: Any, page: Any, where: str, promise: str = "") -> None:
    turned(namespace, l1_seconds=0.1)
    keys = count(100)

    def load() -> Any:
        return page

    runs = [each(lambda: namespace.get_or_load((next(keys),), load), LOADS) for _ in range(5)]
    say(f"a load, {where}: added to it", statistics.median(runs), "µs", promise)


def over_redis() -> None:
    """Print what a hit in Redis costs, and a load."""
    namespace, page = set_up()
    from django.conf import settings

    from apps.backplane.connections import redis_client
    from apps.caching.stores.wire import PREFIX

    turned(namespace, l1_seconds=0.0)
    namespace.get_or_load((7,), lambda: page)
    client = redis_client(settings.REDIS_URL, purpose="bench", timeout_seconds=1.0)
    key = f"{PREFIX}e:{namespace.place((7,)).digest}"
    size = len(client.get(key) or b"")  # type: ignore[arg-type]
    bare = lambda: client.get(key)  # noqa: E731  (one of two to be compared)
    read = lambda: namespace.get_or_load((7,), lambda: page)  # noqa: E731
    pairs = [(spent(bare), spent(read)) for _ in range(TRIPS)]
    trip, hit = (statistics.median(column) for column in zip(*pairs, strict=True))
    say(f"GET of the same {size} bytes by redis-py", trip * 1e6, "µs")
    say("L3 hit", hit / trip, "times that GET", "≤ 1.3")
    turned(namespace, l1_seconds=1e-9)
    read()
    pairs = [(spent(bare), spent(read)) for _ in range(TRIPS)]
    trip, hit = (statistics.median(column) for column in zip(*pairs, strict=True))
    say("L3 look at the stamps of what the process has", hit / trip, "times that GET", "≤ 1.3")
    loads(namespace, page, "over Redis")


def spent(call: Callable[[], object]) -> float:
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
