"""What processes counted, each and together."""

import json
from dataclasses import asdict

from apps.deduplication.flights.scope import Scope
from apps.deduplication.flights.statistics import Statistics
from apps.deduplication.flights.tally import Tally


def counted(*waits: float, leaders: int = 0, replays: int = 0) -> Statistics:
    tally = Tally(leaders=leaders, replays=replays)
    for seconds in waits:
        tally.waited(seconds)
    return Statistics(tally=tally)


def test_every_counter_of_a_scope_is_told(scope: Scope) -> None:
    tally, steps = scope.tally, ("led", "replayed", "joined", "timed_out", "ran_unshared", "overflowed", "lost_lease")
    for number, what in enumerate(steps, start=1):
        for _ in range(number):
            getattr(tally, what)()
    tally.waited(0.02)
    scope.size = 8
    told = Statistics.of(scope)
    tally.led()
    assert (told.tally.leaders, told.tally.replays, told.tally.waiters, told.tally.timeouts) == (1, 2, 4, 4)
    assert (told.tally.unshared, told.tally.overflows, told.tally.lease_losses, told.size) == (5, 6, 7, 8)
    assert sum(told.tally.wait_counts) == 1


def test_what_was_counted_comes_whole_over_the_bus(scope: Scope) -> None:
    scope.tally.waited(0.02)
    scope.size = 3
    told = Statistics.of(scope)
    assert Statistics.told(**json.loads(json.dumps(asdict(told)))) == told


def test_processes_are_summed_and_none_is_zero() -> None:
    parts = [counted(0.02, 0.02, leaders=1), counted(0.2, leaders=2, replays=3)]
    total = Statistics.total(parts)
    assert (total.tally.leaders, total.tally.waiters, total.tally.replays, total.saved) == (3, 3, 3, 6)
    assert total.saved_percent == 100 * 6 / 9
    assert Statistics.total([]) == Statistics()


def test_waiting_times_are_told_by_bounds() -> None:
    told = counted(*[0.0005] * 10, *[0.02] * 9, 1.5)
    assert (told.wait_median, told.wait_most) == ("≤ 1 ms", "≤ 25 ms")
    assert [(name, count) for name, count, _ in told.waits if count] == [("≤ 1 ms", 10), ("≤ 25 ms", 9), ("≤ 2.5 s", 1)]
    assert sum(percent for _, _, percent in told.waits) == 100


def test_waits_over_the_last_bound_and_none_at_all_are_told_too() -> None:
    assert counted(99).waits[-1] == ("> 10 s", 1, 100)
    assert counted(99).wait_median == "> 10 s"
    assert (Statistics().wait_median, Statistics().wait_most, Statistics().saved_percent) == ("", "", 0)
