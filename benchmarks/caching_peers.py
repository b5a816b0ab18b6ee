"""What a hit costs in the caches that a Python project would take instead, with the same value in the same run."""

import asyncio
import statistics
import tempfile
from collections.abc import Callable, Coroutine
from typing import Any

from benchmarks.caching import CALLS, ROUNDS, TRIPS, each, median, say, spent

PACKAGES = ("cachetools", "theine", "cashews", "aiocache", "diskcache", "django-redis", "django-cacheops")


def in_memory(value: bytes) -> None:
    """Print what peers cost that keep values in the process, or on its disk."""
    import cachetools
    import diskcache
    import theine
    from django.core.cache import cache
    from django.core.cache.backends.locmem import LocMemCache

    ttl: Any = cachetools.TTLCache(maxsize=1_000, ttl=300)
    ttl["key"] = value
    say("peer: cachetools.TTLCache hit", median(lambda: ttl.get("key")), "µs")
    tiny: Any = theine.Cache(1_000)
    tiny.set("key", value)
    say("peer: theine hit", median(lambda: tiny.get("key")), "µs")
    local = LocMemCache("bench", {})
    local.set("key", value, 300)
    say("peer: Django's LocMemCache hit", median(lambda: local.get("key")), "µs")
    django_hit(cache, value)
    with tempfile.TemporaryDirectory() as folder, diskcache.Cache(folder) as disk:
        disk.set("key", value, expire=300)
        say("peer: diskcache hit", statistics.median(each(lambda: disk.get("key"), 2_000) for _ in range(ROUNDS)), "µs")
    asyncio.run(awaited_peers(value))


def django_hit(cache: Any, value: bytes) -> None:
    from dataclasses import replace

    from apps.tuning.handle import State

    policy = cache.area.policy
    policy.swap(State(policy=replace(policy.current, l1_seconds=4.0)))
    cache.set("key", value, 300)

    def refreshed() -> float:
        cache.get("key")
        return each(lambda: cache.get("key"))

    say(
        "Django's cache on ours (LevelledCache), hit in memory",
        statistics.median(refreshed() for _ in range(ROUNDS)),
        "µs",
    )
    policy.swap(State(policy=policy.default))


async def awaited_peers(value: bytes) -> None:
    from aiocache import SimpleMemoryCache
    from cashews import Cache

    plain = SimpleMemoryCache()
    await plain.set("key", value, ttl=300)
    say("peer: aiocache (memory) hit, awaited", await awaited(lambda: plain.get("key")), "µs")
    cashews = Cache()
    cashews.setup("mem://")
    await cashews.set("key", value, expire=300)
    say("peer: cashews (memory) hit, awaited", await awaited(lambda: cashews.get("key")), "µs")
    await cashews.close()


async def awaited(call: Callable[[], Coroutine[Any, Any, Any]]) -> float:
    import time

    async def once() -> float:
        begin = time.thread_time()
        for _ in range(CALLS // 20):
            await call()
        return (time.thread_time() - begin) / (CALLS // 20) * 1e6

    return statistics.median([await once() for _ in range(ROUNDS)])


def over_redis(url: str, value: bytes, bare: Callable[[], object]) -> None:
    """Print what hits in Redis cost by peers, against a bare GET of the same bytes."""
    from django.conf import settings

    settings.CACHEOPS_REDIS = url
    from cacheops import cache as cacheops
    from django.core.cache import cache
    from django_redis.cache import RedisCache

    django_redis = RedisCache(url, {})
    for name, peer in (("peer: django-redis", django_redis), ("peer: django-cacheops", cacheops)):
        peer.set("bench", value, 300)
        say(f"{name} hit in Redis", ratio(bare, lambda peer=peer: peer.get("bench")), "times that GET")
    cache.set("bench", value, 300)

    def ours() -> object:
        cache.area.shelf.clear()  # type: ignore[attr-defined]
        return cache.get("bench")

    say("Django's cache on ours (LevelledCache), hit in Redis", ratio(bare, ours), "times that GET")


def ratio(bare: Callable[[], object], call: Callable[[], object]) -> float:
    pairs = [(spent(bare), spent(call)) for _ in range(TRIPS)]
    trip, hit = (statistics.median(column) for column in zip(*pairs, strict=True))
    return hit / trip
