"""The promises themselves: complete, and counted on metrics there are."""

import pytest

from apps.monitoring.slo.burn import burns_of, name_of
from apps.monitoring.slo.definitions import AVAILABILITY, HIT_RATE, OBJECTIVES
from apps.monitoring.slo.objective import Count, Objective

COUNTS = [
    pytest.param(count, id=f"{objective.name}-{number}")
    for objective in OBJECTIVES
    for number, count in enumerate((objective.total, objective.good, objective.bad))
    if count
]


def test_the_promises_are_those_of_the_site() -> None:
    assert {objective.name: objective.share for objective in OBJECTIVES} == {
        "availability": 0.999,
        "cached_latency": 0.99,
        "uncached_latency": 0.99,
        "hit_rate": 0.9,
        "duplicates": 1.0,
    }


@pytest.mark.parametrize("count", COUNTS)
def test_a_promise_is_counted_on_a_metric_there_is(count: Count) -> None:
    metric = count.metric
    assert metric.is_exported
    assert set(count.where) <= set(metric.labels)
    assert count.below is None or count.below in metric.bounds


def test_an_alarm_that_cannot_come_true_is_none() -> None:
    assert [burn.factor for burn in burns_of(AVAILABILITY)] == [14.4, 6, 3, 1]
    assert [burn.factor for burn in burns_of(HIT_RATE)] == [6, 3, 1], "at 14.4 times its speed more than all were bad"


@pytest.mark.parametrize(("seconds", "name"), [(300, "5m"), (1_800, "30m"), (7_200, "2h"), (259_200, "3d")])
def test_windows_are_named_as_prometheus_does(seconds: int, name: str) -> None:
    assert name_of(seconds) == name


@pytest.mark.parametrize("parts", [{}, {"good": AVAILABILITY.total, "bad": AVAILABILITY.total}])
def test_either_good_or_bad_is_counted(parts: dict[str, Count]) -> None:
    with pytest.raises(ValueError, match=r"^odd: either good or bad is counted"):
        Objective(name="odd", title="", share=0.9, total=AVAILABILITY.total, **parts)
