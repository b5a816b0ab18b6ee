"""Storages written for pybreaker stay usable: its own two, between two processes."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pybreaker
import pytest
import redis

from apps.resilience.sharing.pybreaker_store import PybreakerStore
from tests.resilience.fleet import Seat, step
from tests.resilience.virtual import broken, ended, fine


@pytest.fixture(params=["memory", "redis"])
def storage(request: pytest.FixtureRequest) -> Iterator[pybreaker.CircuitBreakerStorage]:
    if request.param == "memory":
        yield pybreaker.CircuitMemoryStorage(pybreaker.STATE_CLOSED)
        return
    with redis.StrictRedis.from_url(request.getfixturevalue("redis_url")) as client:
        yield pybreaker.CircuitRedisStorage(pybreaker.STATE_CLOSED, client, namespace="t")


class Calendar:
    """A date that obeys the test."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def two(storage: pybreaker.CircuitBreakerStorage, calendar: Calendar) -> tuple[Seat, Seat]:
    seats = [Seat(PybreakerStore(storage, clock=calendar), f"p{n}", recovery_seconds=60.0) for n in range(2)]
    return seats[0], seats[1]


def come_due(seat: Seat) -> None:
    """Let the breaker's own recovery time be over, too."""
    seat.breaker.drive(
        lambda machine, now: machine.lead(machine.inner, remaining_seconds=0, openings=1, reason="", now=now)
    )


@pytest.mark.parametrize("is_good", [True, False])
def test_opening_probing_and_closing_go_through_the_storage(
    storage: pybreaker.CircuitBreakerStorage, is_good: bool
) -> None:
    calendar = Calendar()
    one, other = two(storage, calendar)
    for _ in range(5):
        ended(one.breaker, broken)
    step(one, other)
    assert (one.state, other.state, storage.state) == ("open", "open", "open")
    calendar.now += timedelta(seconds=61)
    come_due(other)
    assert ended(other.breaker, fine) == "CircuitOpenError"  # the call that asks for a permit
    other.step()
    assert storage.state == "half-open"
    assert ended(other.breaker, fine if is_good else broken) == ("fine" if is_good else "BrokenError")
    step(other, one)
    expected = "closed" if is_good else "open"
    assert (storage.state, one.state, other.state) == (expected,) * 3


def test_closing_by_hand_reaches_the_storage(storage: pybreaker.CircuitBreakerStorage) -> None:
    one, other = two(storage, Calendar())
    for _ in range(5):
        ended(one.breaker, broken)
    step(one, other)
    other.breaker.close()
    step(other, one)
    assert (storage.state, one.state) == ("closed", "closed")


class Failing(pybreaker.CircuitMemoryStorage):
    """Its server is gone."""

    @property
    def state(self) -> str:
        raise ConnectionError("gone")


def test_a_storage_that_fails_leaves_each_process_alone() -> None:
    seat = Seat(PybreakerStore(Failing(pybreaker.STATE_CLOSED)), "p0")
    for _ in range(5):
        ended(seat.breaker, broken)
    seat.step()
    assert (seat.state, seat.syncer.is_attached) == ("open", False)
