"""Flights on the board."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from apps.deduplication.flights import scope as scopes
from apps.deduplication.flights.scope import Scope
from apps.deduplication.idempotency.statistics import counters
from apps.deduplication.signals import duplicate_found, guarantee_lost, guarantee_restored
from apps.monitoring.measuring.board import Board
from apps.monitoring.policy.recorders import FLIGHTS
from apps.monitoring.recorders.flights import FlightRecorder
from apps.tuning.registry import withdraw
from tests.monitoring.recorders.board import Shown

NAME = "watched"


@pytest.fixture
def scope() -> Iterator[Scope]:
    yield Scope(name=NAME, title="Test")
    withdraw(f"flights_{NAME}")
    del scopes._scopes[NAME]


def test_callers_count_by_what_they_were(scope: Scope) -> None:
    tally = scope.tally
    tally.led()
    tally.replayed()
    tally.waited(0.004)
    tally.waited(0.2)
    tally.timed_out()
    tally.ran_unshared()
    shown = Shown(FlightRecorder())
    roles = {role: shown("deduplication_requests_total", NAME, role)
             for role in ("leader", "waiter", "replay", "timeout", "unshared")}  # fmt: skip
    assert roles == {"leader": 1, "waiter": 2, "replay": 1, "timeout": 1, "unshared": 1}
    assert shown("deduplication_flights", NAME) == 0
    assert shown("deduplication_lease_losses_total", NAME) == shown("deduplication_overflows_total", NAME) == 0


def test_waits_of_all_scopes_are_one_distribution(scope: Scope) -> None:
    before = Shown(FlightRecorder()).histogram("deduplication_wait_seconds")
    for seconds in (0.004, 0.2, 20.0):
        scope.tally.waited(seconds)
    grown = Shown(FlightRecorder()).histogram("deduplication_wait_seconds").since(before)
    assert (grown.count, grown.below(0.005), grown.below(0.25), grown.below(10.0)) == (3, 1, 2, 2)
    assert grown.total == pytest.approx(20.204)


def test_duplicates_are_0_until_one_is_found(listening: Callable[[Any], Any]) -> None:
    recorder = listening(FlightRecorder())
    board = Board()
    assert Shown(recorder, board)("deduplication_duplicate_executions_total") == 0
    duplicate_found.send(None, count=2)
    assert Shown(recorder, board)("deduplication_duplicate_executions_total") == 2
    assert Shown(recorder, board)("deduplication_duplicate_executions_total") == 2


def test_what_is_guaranteed_is_told(listening: Callable[[Any], Any]) -> None:
    recorder = listening(FlightRecorder())
    seen = [Shown(recorder)("deduplication_guarantee_lost")]
    guarantee_lost.send(None, reason="gone")
    seen.append(Shown(recorder)("deduplication_guarantee_lost"))
    guarantee_restored.send(None, lost_seconds=1.0)
    seen.append(Shown(recorder)("deduplication_guarantee_lost"))
    assert seen == [0, 1, 0]


def test_requests_with_a_key_are_a_scope_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counters, "replays", 7)
    monkeypatch.setattr(counters, "conflicts", 2)
    shown = Shown(FlightRecorder())
    assert shown("deduplication_requests_total", "idempotency", "replay") == 7
    assert shown("deduplication_requests_total", "idempotency", "conflict") == 2
    assert ("error",) in shown.labels("deduplication_unshareable_total")


def test_what_is_ignored_is_not_shown(scope: Scope, ruled: Callable[..., None]) -> None:
    ruled(FLIGHTS, ignore=NAME)
    assert NAME not in {labels[0] for labels in Shown(FlightRecorder()).labels("deduplication_requests_total")}
