"""Several processes on one cache, and Redis away for a while."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from urllib.parse import quote

import pytest
from django.conf import settings as now
from django.db import connection
from redis import Redis

from apps.caching import current
from apps.caching.backend import LevelledCache
from apps.caching.models import Invalidation
from tests.caching.backend.conftest import Make, over
from tests.servers.deadline import eventually
from tests.servers.redis import running_redis

Start = Callable[..., "subprocess.Popen[str]"]


def database_url() -> str:
    entry = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{quote(str(entry['NAME']))}"
    where = f"host={quote(entry['HOST'], safe='')}&port={entry['PORT']}"
    return f"postgresql://{quote(entry['USER'])}@/{entry['NAME']}?{where}"


@pytest.fixture
def start() -> Iterator[Start]:
    """Start processes that use the same stores as this one; they end with the test."""
    with ExitStack() as stack:

        def run(*arguments: str) -> "subprocess.Popen[str]":
            env = {**os.environ, "DATABASE_URL": database_url(), "REDIS_URL": now.REDIS_URL}
            command = [sys.executable, "-m", "tests.caching.backend.worker", *arguments]
            process = subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            stack.callback(process.communicate)
            return process

        yield run


@pytest.fixture
def cache(make_cache: Make) -> LevelledCache:
    """The default cache, as the other processes have it."""
    return make_cache(KEY_PREFIX="perfsite")


def asked(process: "subprocess.Popen[str]") -> str:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("\n")
    process.stdin.flush()
    return process.stdout.readline().strip()


def test_no_count_is_lost_between_processes_and_one_of_them_is_first(cache: LevelledCache, start: Start) -> None:
    cache.set("number", 0, timeout=None)
    processes = [start("count", "number", "40") for _ in range(2)]
    assert [process.stdout.readline() for process in processes if process.stdout] == ["ready\n"] * 2
    firsts = [process.communicate("go\n")[0] for process in processes]
    assert sorted(firsts) == ["0\n", "1\n"]
    assert cache.get("number") == 80


def test_another_process_reads_a_change_at_once(cache: LevelledCache, start: Start) -> None:
    cache.set("key", "old", timeout=None)
    reader = start("read", "key")
    assert asked(reader) == "old"
    cache.set("key", "new", timeout=None)
    assert eventually(lambda: asked(reader) == "new", seconds=1)
    cache.clear()
    assert eventually(lambda: asked(reader) == "None", seconds=1)


def test_what_redis_was_not_told_is_forgotten_on_its_return(transactional_db: None) -> None:
    with running_redis() as redis, over(redis.url()):
        cache = LevelledCache("default", {})
        cache.set_many({"key": "old", "number": 1}, timeout=None)
        assert cache.get("key") == "old"
        redis.process.send(signal.SIGSTOP)
        cache.delete("key")
        cache.set("key", "new")
        assert cache.get("key") is None
        assert cache.add("key", 1) is False
        assert cache.touch("key") is False
        with pytest.raises(ValueError, match="not found"):
            cache.incr("number")
        cache.clear()
        assert Invalidation.objects.filter(tag__startswith="django:").count() == 1
        redis.process.send(signal.SIGCONT)
        assert eventually(lambda: tended(cache), seconds=10)
        assert cache.get("key") is None
        cache.set("key", "newest")
        assert cache.get("key") == "newest"


def tended(cache: LevelledCache) -> bool:
    current.store().tend()
    return cache.set_many({"probe": 1}) == []


def test_a_count_that_redis_does_not_take_is_refused(transactional_db: None, redis_url: str) -> None:
    with over(redis_url), Redis.from_url(redis_url) as client:
        cache = LevelledCache("default", {})
        cache.set("number", 1)
        client.slaveof("127.0.0.1", "1")  # a failover made it a replica: it is read, and not written
        try:
            with pytest.raises(ValueError, match="does not answer"):
                cache.incr("number")
        finally:
            client.slaveof()
