"""Buckets, and limits that the fleet counts together."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.backplane.connections import redis_client
from apps.resilience.breaker import Breaker, Rules
from apps.resilience.limits import limiter as module
from apps.resilience.limits.bucket import Bucket
from apps.resilience.limits.limiter import Limiter, Rate
from tests.resilience.virtual import Clock
from tests.servers.deadline import eventually
from tests.servers.redis import running_redis

TEN_A_MINUTE = Rate(count=10, per_seconds=60, burst=3)


@contextmanager
def limiter(url: str | None, clock: Clock | None = None) -> Iterator[Limiter]:
    client = redis_client(url, purpose="test", timeout_seconds=1) if url else None
    breaker = Breaker("limits", Rules(failures_in_a_row=1, recovery_seconds=0.1))
    yield Limiter(client, breaker, clock=clock or Clock())
    if client is not None:
        client.close()


@given(
    steps=st.lists(st.floats(0, 3), min_size=1, max_size=60),
    per_second=st.floats(0.5, 20),
    burst=st.integers(1, 10),
)
def test_a_bucket_never_gives_more_than_its_size_and_rate(steps: list[float], per_second: float, burst: int) -> None:
    bucket, now, taken = Bucket(), 0.0, []
    for step in steps:
        now += step
        wait = bucket.take(now, per_second=per_second, burst=burst)
        if wait == 0:
            taken.append(now)
        else:
            assert bucket.left(now, per_second=per_second, burst=burst) == 0
            assert wait <= 1 / per_second + 1e-6
    for first, begin in enumerate(taken):
        for last in range(first, len(taken)):
            assert last - first + 1 <= burst + (taken[last] - begin) * per_second + 1e-6


def test_a_bucket_of_rate_nought_gives_nothing() -> None:
    assert Bucket().take(0, per_second=0, burst=5) == math.inf


@pytest.mark.parametrize("is_shared", [True, False])
def test_so_many_at_once_then_at_the_rate(redis_url: str, is_shared: bool) -> None:
    with limiter(redis_url if is_shared else None) as one:
        answers = [one.take("user:1", TEN_A_MINUTE) for _ in range(4)]
        assert [answer.is_allowed for answer in answers] == [True, True, True, False]
        assert [answer.left for answer in answers] == [2, 1, 0, 0]
        assert 5 < answers[3].retry_after_seconds <= 6
        assert (answers[0].limit, answers[0].is_shared) == (3, is_shared)
        assert one.take("user:2", TEN_A_MINUTE).is_allowed


def test_processes_count_together(redis_url: str) -> None:
    with limiter(redis_url) as one, limiter(redis_url) as other:
        answers = [each.take("user:1", TEN_A_MINUTE).is_allowed for each in (one, other, one, other)]
    assert answers == [True, True, True, False]


def test_a_rate_of_nought_refuses_all(redis_url: str) -> None:
    with limiter(redis_url) as one:
        answer = one.take("user:1", Rate(count=0, per_seconds=60))
    assert (answer.is_allowed, answer.retry_after_seconds) == (False, 3600)


def test_tokens_come_back_with_time() -> None:
    clock = Clock()
    with limiter(None, clock) as one:
        for _ in range(3):
            one.take("user:1", TEN_A_MINUTE)
        clock.pass_by(6.1)
        assert [one.take("user:1", TEN_A_MINUTE).is_allowed for _ in range(2)] == [True, False]


def test_without_redis_each_process_counts_and_returns_to_it() -> None:
    with running_redis() as redis, limiter(redis.url()) as one:
        assert one.take("user:1", TEN_A_MINUTE).is_shared
        redis.process.kill()
        answers = [one.take("user:1", TEN_A_MINUTE) for _ in range(4)]
        assert [answer.is_allowed for answer in answers] == [True, True, True, False]
        assert not any(answer.is_shared for answer in answers)
        assert one.fallbacks == 4
        with running_redis(port=redis.port):
            eventually(lambda: one.take("user:2", Rate(count=1000, per_seconds=1)).is_shared)


def test_local_buckets_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEYS_MAX", 2)
    with limiter(None) as one:
        only_once = Rate(count=1, per_seconds=60)
        assert one.take("a", only_once).is_allowed
        for key in ("b", "c"):
            one.take(key, only_once)
        assert one.take("a", only_once).is_allowed, "the one unused for longest was let go"
        assert not one.take("c", only_once).is_allowed


def test_keys_expire(redis_url: str) -> None:
    with limiter(redis_url) as one, redis_client(redis_url, purpose="test", timeout_seconds=5) as client:
        one.take("user:1", TEN_A_MINUTE)
        left: Any = partial(client.pttl, module.PREFIX + "user:1")()
        assert 0 < left <= 7_100
