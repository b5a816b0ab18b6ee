"""Commands to Redis go by the pipeline of their purpose, and fail as those of Redis do."""

from collections.abc import Iterator

import pytest
from redis.exceptions import ConnectionError as NoRedisError
from redis.exceptions import OutOfMemoryError, ReadOnlyError, ResponseError

from apps.backplane.connections import redis_client
from apps.resilience.breaker import Mode
from apps.resilience.chaos import Fault
from apps.resilience.pipeline import Pipeline, pipeline
from apps.resilience.pipeline.redis_route import is_answer
from tests.tuning.obeying import obeying


@pytest.fixture
def flights() -> Iterator[Pipeline]:
    """The pipeline, well before and after."""
    one = pipeline("redis_flights")
    one.breaker.close()
    yield one
    one.breaker.close()


def test_commands_and_batches_are_counted_as_one_call_each(redis_url: str, flights: Pipeline) -> None:
    before = flights.breaker.view().successes
    with redis_client(redis_url, purpose="flights", timeout_seconds=5) as client:
        client.set("a", 1)
        with client.pipeline() as batch:
            batch.set("b", 2).get("a").get("b")
            assert batch.execute() == [True, b"1", b"2"]
    assert flights.breaker.view().successes == before + 2


def test_other_purposes_go_straight_to_redis(redis_url: str, flights: Pipeline) -> None:
    before = flights.breaker.view().successes
    with redis_client(redis_url, purpose="test", timeout_seconds=5) as client:
        assert client.ping()
    assert flights.breaker.view().successes == before


def test_a_redis_that_is_known_to_be_gone_is_not_asked(redis_url: str, flights: Pipeline) -> None:
    with redis_client("redis://127.0.0.1:1/0", purpose="flights", timeout_seconds=1) as away:
        for _ in range(5):
            with pytest.raises(NoRedisError, match="refused"):
                away.ping()
    with redis_client(redis_url, purpose="flights", timeout_seconds=5) as client:
        with pytest.raises(NoRedisError, match="redis_flights is open"):
            client.ping()
        flights.breaker.close()
        assert client.ping()


def test_faults_on_purpose_look_like_a_redis_that_is_gone(redis_url: str, flights: Pipeline, settings: object) -> None:
    settings.CHAOS_ENABLED = True  # type: ignore[attr-defined]
    with (
        redis_client(redis_url, purpose="generation", timeout_seconds=5) as client,
        obeying(flights.handle, fault=Fault.ERROR, fault_until="2999-12-31 23:59"),
        pytest.raises(NoRedisError, match="on purpose"),
    ):
        client.ping()


def test_staff_can_shut_it(redis_url: str, flights: Pipeline) -> None:
    with (
        redis_client(redis_url, purpose="flights", timeout_seconds=5) as client,
        obeying(flights.handle, mode=Mode.FORCED_OPEN),
        pytest.raises(NoRedisError, match="forced-open"),
    ):
        client.ping()


def test_a_redis_that_answers_is_there_unless_it_takes_nothing(redis_url: str, flights: Pipeline) -> None:
    with redis_client(redis_url, purpose="flights", timeout_seconds=5) as client:
        client.set("text", "a")
        for _ in range(7):
            with pytest.raises(ResponseError):
                client.incr("text")
        assert client.ping()
    assert is_answer(ResponseError("WRONGTYPE"))
    assert not any(map(is_answer, (ReadOnlyError(), OutOfMemoryError(), NoRedisError(), ValueError())))
