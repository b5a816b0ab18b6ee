"""Breakers, retries, places and attempts on the board; commands to Redis; connections of the pool."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection

from apps.backplane.connections import redis_client
from apps.monitoring.measuring.board import Board
from apps.monitoring.policy.recorders import BREAKERS, OUTGOING, REDIS
from apps.monitoring.recorders.breakers import BreakerRecorder
from apps.monitoring.recorders.database import DatabaseRecorder
from apps.monitoring.recorders.dependencies import breakers
from apps.monitoring.recorders.outgoing import OutgoingRecorder
from apps.monitoring.recorders.redis import RedisRecorder
from apps.resilience.breaker.state import State
from apps.resilience.exceptions import CircuitOpenError
from apps.resilience.pipeline.pipeline import Pipeline
from apps.resilience.pipeline.registry import declare_dependency, pipeline, withdraw_dependency
from tests.monitoring.recorders.board import Shown

NAME = "watched"
CALLS = "circuit_breaker_calls_total"
ATTEMPTS = "outgoing_call_duration_seconds"
COMMANDS = "redis_operation_duration_seconds"


@pytest.fixture
def dependency() -> Iterator[Pipeline]:
    declare_dependency(NAME, title="Test")
    yield pipeline(NAME)
    withdraw_dependency(NAME)


def failing() -> None:
    raise OSError("refused")


def state_of(shown: Shown) -> str:
    (state,) = [state for state in State if shown("circuit_breaker_state", NAME, state.value)]
    return state.value


def test_calls_count_by_how_they_ended(dependency: Pipeline) -> None:
    dependency.call(lambda: None)
    with pytest.raises(OSError, match="refused"):
        dependency.call(failing)
    dependency.breaker.open()
    with pytest.raises(CircuitOpenError):
        dependency.call(lambda: None)
    shown = Shown(BreakerRecorder())
    ends = {end: shown(CALLS, NAME, end) for end in ("success", "failure", "rejected", "ignored")}
    assert ends == {"success": 1, "failure": 1, "rejected": 1, "ignored": 0}
    assert shown("circuit_breaker_slow_calls_total", NAME) == 0


def test_each_attempt_is_timed_and_a_rejected_call_is_none(dependency: Pipeline) -> None:
    for _ in range(2):
        dependency.call(lambda: None)
    with pytest.raises(OSError, match="refused"):
        dependency.call(failing)
    dependency.breaker.open()
    with pytest.raises(CircuitOpenError):
        dependency.call(lambda: None)
    shown = Shown(OutgoingRecorder())
    good, bad = (shown.histogram(ATTEMPTS, NAME, end) for end in ("success", "failure"))
    assert (good.count, bad.count) == (2, 1)
    assert 0 < good.total < 1


def test_the_state_is_told_and_so_is_each_passage(dependency: Pipeline, listening: Callable[[Any], Any]) -> None:
    recorder, board = listening(BreakerRecorder()), Board()
    shown = Shown(recorder, board)
    assert state_of(shown) == "closed"
    assert shown("circuit_breaker_transitions_total", NAME, "open") == 0
    dependency.breaker.open()
    shown = Shown(recorder, board)
    assert state_of(shown) == "open"
    assert shown("circuit_breaker_transitions_total", NAME, "open") == 1


def test_budgets_places_and_fallbacks_are_told(dependency: Pipeline) -> None:
    dependency.otherwise(lambda _: None).call(failing)
    shown = Shown(BreakerRecorder())
    assert shown("retry_budget_tokens", NAME) == dependency.parts.retry.account.tokens
    assert shown("retries_total", NAME, "made") == shown("retries_total", NAME, "refused") == 0
    assert shown("bulkhead_limit", NAME) == dependency.parts.bulkhead.limit
    assert shown("bulkhead_calls", NAME, "under_way") == shown("bulkhead_calls", NAME, "waiting") == 0
    assert shown("bulkhead_rejected_total", NAME) == 0
    assert shown("fallbacks_total", NAME) == 1
    assert shown("rate_limit_fallbacks_total") >= 0


def test_what_is_ignored_is_not_shown(dependency: Pipeline, ruled: Callable[..., None]) -> None:
    for policy in (BREAKERS, OUTGOING):
        ruled(policy, ignore=NAME)
    assert NAME not in {labels[0] for labels in Shown(BreakerRecorder()).labels(CALLS)}
    assert NAME not in {labels[0] for labels in Shown(OutgoingRecorder()).labels(ATTEMPTS)}


@pytest.mark.engine("sqlite", "postgresql")
def test_the_breaker_of_the_database_is_there_where_there_is_one() -> None:
    assert ("database" in {breaker.name for breaker in breakers()}) == (connection.vendor == "postgresql")


def test_commands_are_timed_by_name_and_batches_as_one(redis_url: str) -> None:
    before = {name: Shown(RedisRecorder()).histogram(COMMANDS, "batch") for name in ("batch",)}
    with redis_client(redis_url, purpose="test", timeout_seconds=5) as client:
        client.set("a", 1)
        client.get("a")
        with client.pipeline() as batch:
            batch.get("a").get("a").execute()
    shown = Shown(RedisRecorder())
    assert shown.histogram(COMMANDS, "get").count >= 1
    assert shown.histogram(COMMANDS, "set").total > 0
    assert shown.histogram(COMMANDS, "batch").since(before["batch"]).count == 1


def test_a_command_that_fails_is_timed_and_fails_as_ever(ruled: Callable[..., None]) -> None:
    client = redis_client("redis://127.0.0.1:1/0", purpose="test", timeout_seconds=1)
    for call in (lambda: client.execute_command("HELLOX"), lambda: client.pipeline().ping().execute()):
        with pytest.raises(Exception, match="refused"):
            call()
    assert Shown(RedisRecorder()).histogram(COMMANDS, "hellox").count >= 1
    ruled(REDIS, ignore="HELLO")
    assert ("hellox",) not in Shown(RedisRecorder()).labels(COMMANDS)


@pytest.mark.django_db
def test_connections_of_the_pool_are_told_where_there_is_one() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    shown = Shown(DatabaseRecorder())
    states = {state: shown("database_pool_connections", state) for state in ("in_use", "idle", "waiting", "limit")}
    if connection.vendor == "postgresql":
        assert states["in_use"] >= 1
        assert states["limit"] >= states["in_use"] + states["idle"]
        assert shown("database_pool_requests_total", "all") >= 1
    else:
        assert set(states.values()) == {0.0}
    assert shown("database_pool_errors_total", "connect") == 0
