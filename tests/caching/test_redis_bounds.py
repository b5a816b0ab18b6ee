"""However much is invalidated, Redis holds no more for it, and does nothing that grows with what it holds."""

import random
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from django.db import connection

from apps.caching.stores.redis_store import RedisStore
from apps.caching.stores.store import Place
from tests.caching.opened import over_redis
from tests.servers.redis import Redis, running_redis
from tests.soak import length

pytestmark = pytest.mark.django_db(transaction=True)
TAGS_A_COMMIT, ENTRIES = 10, 500
BOUND_BYTES = 4_000_000  # of keys and values, beside what the server takes empty
# Each is O(1), or O(the keys it names). INFO is asked once per connection, CONFIG and DBSIZE by the test.
ALLOWED = {
    "get", "set", "del", "mget", "unlink", "pttl", "pexpire", "time", "ping", "evalsha", "eval",
    "info", "config|resetstat", "client|setinfo", "client|setname", "hello", "select", "auth",
}  # fmt: skip


def commit(store: RedisStore, names: list[str]) -> None:
    store.release(store.hold(names, connection))


def keep(store: RedisStore, number: int) -> None:
    """Read, load and keep an entry as a reader does."""
    place = Place(f"{number % ENTRIES:032x}", (f"conversation:{number}", "conversation:*"))
    [answer] = store.read([place])
    if answer.stamps is not None:
        store.fill(place, answer.stamps, lambda: b"x" * 500, seconds=60)


@pytest.fixture
def own_redis() -> Iterator[Redis]:
    """A server that nobody else asks: all it is asked is judged."""
    with running_redis() as server:
        yield server


@pytest.mark.soak
def test_redis_stays_within_bounds_and_does_nothing_that_grows(own_redis: Redis) -> None:
    store, chance = over_redis(own_redis.url()), random.Random(1)
    commits = length(1_000_000, short=20_000) // TAGS_A_COMMIT
    with redis.Redis(port=own_redis.port) as client:
        keep(store, 0)
        client.config_resetstat()
        empty, most, keys = memory(client), 0, 0
        for number in range(commits):
            names = [f"conversation:{chance.randrange(10**9)}" for _ in range(TAGS_A_COMMIT)]
            commit(store, names)
            if number % 20 == 0:
                keep(store, int(names[0].split(":")[1]) if number % 40 else number // 40 % ENTRIES)
                commit(store, [f"conversation:{number // 40 % ENTRIES}"])
            if number % 1_000 == 999:
                most, keys = max(most, memory(client) - empty), max(keys, client.dbsize())
        stats: dict[str, Any] = client.info("commandstats")
    print(f"{commits * TAGS_A_COMMIT} invalidations: at most {most} bytes more, {keys} keys")
    used = {name.removeprefix("cmdstat_") for name in stats}
    assert used <= ALLOWED | {"dbsize"}
    assert stats["cmdstat_evalsha"]["calls"] >= 2 * commits
    assert most < BOUND_BYTES
    assert not store.lost


def memory(client: "redis.Redis[bytes]") -> int:
    return int(client.info("memory")["used_memory_dataset"])
