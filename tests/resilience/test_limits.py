"""Buckets, and limits that the fleet counts together."""

import math
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.backplane.connections import redis_client
from apps.resilience.breaker import Breaker, Rules
from apps.resilience.limits import current
from apps.resilience.limits import limiter as module
from apps.resilience.limits.bucket import Bucket
from apps.resilience.limits.current import new_limiter
from apps.resilience.limits.limiter import Limiter
from apps.resilience.limits.rate import Rate, exact, quick
from apps.resilience.pipeline import pipeline
from tests.resilience.virtual import Clock
from tests.servers.deadline import eventually
from tests.servers.redis import running_redis
from tests.tuning.obeying import obeying

TEN_A_MINUTE = Rate(count=10, per_seconds=60, burst=3)


@contextmanager
def limiter(url: str | None, clock: Clock | None = None) -> Iterator[Limiter]:
    client = redis_client(url, purpose="test", timeout_seconds=1, connections=16) if url else None
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
        assert [answer.is_allowed for answer in answers] == [True, True, False, False], "it goes on from what was known"
        assert not any(answer.is_shared for answer in answers)
        assert one.fallbacks == 4
        with running_redis(port=redis.port):
            eventually(lambda: one.take("user:2", Rate(count=1000, per_seconds=1)).is_shared)


def test_what_was_given_alone_is_told_to_the_fleet_afterwards() -> None:
    with running_redis() as redis, limiter(redis.url()) as one, limiter(redis.url()) as other:
        slow = Rate(count=10, per_seconds=3600)
        assert one.take("user:1", slow).is_shared
        redis.process.kill()
        assert [one.take("user:1", slow).is_allowed for _ in range(4)] == [True] * 4
        with running_redis(port=redis.port):
            eventually(lambda: one.look("user:1", slow).is_shared)
            answers = [other.take("user:1", slow) for _ in range(6)]
    assert [answer.is_allowed for answer in answers] == [True] * 5 + [False]


def test_a_changed_wait_makes_another_limiter(settings: Any, redis_url: str) -> None:
    settings.REDIS_URL = redis_url
    with obeying(pipeline("redis_limits").handle, attempt_seconds=0.5):
        current.obey_change(name="redis_limits_pipeline")
        made = current.limiter()
        current.obey_change(name="another")
        assert current.limiter() is made
        current.obey_change(name="redis_limits_pipeline")
        assert current.limiter() is not made
    current.obey_change(name="redis_limits_pipeline")


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


def test_a_look_takes_nothing(redis_url: str) -> None:
    for url in (redis_url, None):
        with limiter(url) as one:
            looks = [one.look("user:1", TEN_A_MINUTE).left for _ in range(5)]
            taken = [one.take("user:1", TEN_A_MINUTE).is_allowed for _ in range(4)]
            assert (looks, taken) == ([3] * 5, [True, True, True, False])
            assert not one.look("user:1", TEN_A_MINUTE).is_allowed


def test_tokens_are_fetched_by_the_lease_and_none_is_given_twice(redis_url: str) -> None:
    hundred = quick(100, 3600)
    assert hundred.lease == 5
    with limiter(redis_url) as one, limiter(redis_url) as other:
        asked = counted_questions(one)
        given = [each.take("user:1", hundred).is_allowed for _ in range(60) for each in (one, other)]
    assert given.count(True) == 100
    assert asked.total <= 12, "one question for five, and one for the refusal that then holds"


def test_a_policy_that_changes_ends_a_refusal_and_a_lease(redis_url: str) -> None:
    with limiter(redis_url) as one:
        assert [one.take("user:1", exact(2, 3600)).is_allowed for _ in range(3)] == [True, True, False]
        refused = one.take("user:1", exact(1000, 3600))
        assert 0 < refused.retry_after_seconds < 4, "empty it stays, but fills at the new rate"


def test_threads_together_get_what_there_is_and_no_more(redis_url: str) -> None:
    with limiter(redis_url) as one, ThreadPoolExecutor(8) as pool:
        given = list(pool.map(lambda _: one.take("user:1", quick(100, 3600)).is_allowed, range(300)))
    assert 100 - 4 <= given.count(True) <= 100, "the rest of the last lease may come after the last question"


class Questions:
    total = 0


def counted_questions(one: Limiter) -> Questions:
    """Count from now on how often the store is asked."""
    found, script = Questions(), one._script

    def ask(**arguments: Any) -> Any:
        found.total += 1
        assert script is not None
        return script(**arguments)

    one._script = ask  # type: ignore[assignment]
    return found


def test_a_redis_that_hangs_delays_no_call_by_more_than_five_milliseconds() -> None:
    with running_redis() as redis:
        one = new_limiter(redis.url())
        eventually(lambda: one.take("user:1", exact(1_000_000, 60)).is_shared)
        before, failed = one.fallbacks, pipeline("redis_limits").breaker.view().window_failures
        os.kill(redis.process.pid, signal.SIGSTOP)
        took = sorted(timed(one) for _ in range(300))
        view = pipeline("redis_limits").breaker.view()
        os.kill(redis.process.pid, signal.SIGCONT)
        found = one.fallbacks - before, view.state, view.window_failures - failed
        assert found == (300, "open", 3), "three find out, no other waits"
        assert took[150] < 0.001 < took[-1] < 0.25, "four milliseconds for three, and what a busy machine adds"
        eventually(lambda: one.take("user:1", exact(1_000_000, 60)).is_shared)


def timed(one: Limiter) -> float:
    """Return how long one question takes."""
    began = time.perf_counter()
    one.take("user:1", exact(1_000_000, 60))
    return time.perf_counter() - began
