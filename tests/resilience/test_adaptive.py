"""Learned thresholds open earlier and less falsely than fixed ones, and fall back to them before enough is known."""

import random
import time
from dataclasses import replace

import pytest

from apps.resilience.adaptive.baseline import Baseline
from apps.resilience.breaker.machine import Machine, utc_hour
from apps.resilience.breaker.rules import Judge, Rules
from apps.resilience.breaker.state import State

LEARNED = Rules(judge=Judge.ADAPTIVE)


class Hours:
    """An hour that obeys the test."""

    def __init__(self) -> None:
        self.hour = 12

    def __call__(self) -> int:
        return self.hour


def machine(rules: Rules = LEARNED, hours: Hours | None = None) -> Machine:
    return Machine("test", rules, chance=lambda: 0.0, hour=hours or Hours())


def feed(one: Machine, chance: random.Random, calls: int, *, failures: float, seconds: float = 0.2) -> int:
    """Feed calls; close after each opening; return how often it opened."""
    opened = 0
    for number in range(calls):
        took = seconds * chance.lognormvariate(0, 0.4)
        one.record(one.generation, now=float(number), seconds=took, is_failure=chance.random() < failures)
        if one.inner is State.OPEN:
            opened += 1
            one.close("again", float(number))
    return opened


def opens_after(one: Machine, chance: random.Random, *, failures: float, seconds: float = 0.2) -> int | None:
    """Return at which call it opens."""
    for number in range(1000):
        took = seconds * chance.lognormvariate(0, 0.4)
        one.record(one.generation, now=float(number), seconds=took, is_failure=chance.random() < failures)
        if one.inner is State.OPEN:
            return number + 1
    return None


@pytest.mark.parametrize(
    ("usual", "outage", "factor", "within"),
    [(0.002, 1.0, 1, 5), (0.002, 0.6, 1, 15), (0.002, 0.3, 1, 60), (0.002, 0.002, 10, 10), (0.25, 0.9, 1, 40)],
)
def test_an_outage_is_seen_soon_and_the_usual_is_none(usual: float, outage: float, factor: float, within: int) -> None:
    one, chance = machine(), random.Random(7)
    feed(one, chance, 500, failures=usual)
    assert feed(one, chance, 10_000, failures=usual) == 0
    found = opens_after(one, chance, failures=outage, seconds=0.2 * factor)
    assert found is not None
    assert found <= within


def test_fewer_false_openings_and_earlier_true_ones_than_fixed_thresholds() -> None:
    found: dict[Judge, tuple[int, int]] = {}
    for judge in Judge:
        one, chance = machine(Rules(judge=judge)), random.Random(3)
        feed(one, chance, 500, failures=0.1)
        false = feed(one, chance, 30_000, failures=0.1)
        found[judge] = (false, opens_after(one, chance, failures=0.5) or 1000)
    assert found[Judge.ADAPTIVE] < found[Judge.CLASSIC]
    assert found[Judge.ADAPTIVE][1] <= found[Judge.CLASSIC][1]


def test_the_thresholds_judge_before_enough_is_known() -> None:
    one = machine()
    for number in range(5):
        one.record(one.generation, now=float(number), seconds=0.1, is_failure=True)
    assert one.reason == "5 failures in a row"


def test_an_outage_does_not_become_the_usual() -> None:
    one, chance = machine(), random.Random(1)
    feed(one, chance, 500, failures=0.0)
    for _ in range(20):
        assert opens_after(one, chance, failures=1.0) == 4
        one.close("again", 0.0)
    assert one.window.failures == 0


def test_each_hour_has_its_own_usual() -> None:
    hours = Hours()
    one, chance = machine(hours=hours), random.Random(2)
    for hour, seconds in ((12, 0.2), (3, 4.0)) * 2:  # backups run at three
        hours.hour = hour
        feed(one, chance, 300, failures=0.0, seconds=seconds)
    assert feed(one, chance, 300, failures=0.0, seconds=4.0) == 0
    hours.hour = 12
    assert opens_after(one, chance, failures=0.0, seconds=4.0) is not None


def test_switched_on_it_knows_what_the_tape_holds_and_off_again_the_thresholds() -> None:
    one, chance = machine(Rules()), random.Random(4)
    feed(one, chance, 500, failures=0.0)
    one.change(LEARNED, now=500.0)
    assert one.inner is State.CLOSED
    assert opens_after(one, chance, failures=1.0) == 4
    one.close("again", 0.0)
    one.change(replace(LEARNED, judge=Judge.CLASSIC), now=500.0)
    assert opens_after(one, chance, failures=1.0) == 5


def test_a_failure_tells_nothing_of_how_long_a_good_call_takes() -> None:
    usual = Baseline()
    for _ in range(100):
        usual.add(12, 0.1, is_failure=False, is_doubtful=False)
        usual.add(12, 60.0, is_failure=True, is_doubtful=False)
    known = usual.usual(12)
    assert known is not None
    assert 0.15 < known.slow_seconds < 0.25
    assert known.failure_rate == pytest.approx(0.5, abs=0.01)


def test_an_unknown_hour_goes_by_the_day_and_an_unknown_day_by_nothing() -> None:
    baseline = Baseline()
    assert baseline.usual(3) is None
    for _ in range(60):
        baseline.add(12, 0.1, is_failure=False, is_doubtful=False)
    assert baseline.usual(3) is not None


def test_hours_are_those_of_utc() -> None:
    before = time.gmtime().tm_hour
    assert utc_hour() in {before, time.gmtime().tm_hour}
