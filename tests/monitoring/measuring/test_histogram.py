"""Histograms: what is added up, taken apart or sent tells the same as what was counted at once."""

from hypothesis import given, settings
from hypothesis import strategies as st

from apps.monitoring.measuring.histogram import Histogram
from apps.monitoring.measuring.scale import RELATIVE_ERROR

values = st.lists(st.floats(min_value=1e-6, max_value=1e6), max_size=60)


def counted(numbers: list[float]) -> Histogram:
    made = Histogram()
    for number in numbers:
        made.observe(number)
    return made


def told(one: Histogram) -> tuple[dict[int, int], int, float]:
    return one.counts, one.count, one.maximum


@given(values, values)
@settings(max_examples=100, deadline=None)
def test_values_counted_together_are_those_counted_one_by_one(first: list[float], then: list[float]) -> None:
    together = counted(first)
    together.observe_all(then)
    one_by_one = counted([*first, *then])
    assert told(together) == told(one_by_one)
    assert abs(together.total - one_by_one.total) <= 1e-9 * one_by_one.total


@given(st.lists(values, max_size=4))
@settings(max_examples=100, deadline=None)
def test_parts_add_up_to_what_was_counted_at_once(parts: list[list[float]]) -> None:
    whole = counted([number for part in parts for number in part])
    merged = Histogram.merged(map(counted, parts))
    assert told(merged) == told(whole)
    assert abs(merged.total - whole.total) <= 1e-6 * whole.total


@given(values, values)
@settings(max_examples=100, deadline=None)
def test_what_was_counted_since_a_copy_is_what_came_after_it(first: list[float], then: list[float]) -> None:
    grown = counted(first)
    before = grown.copy()
    for number in then:
        grown.observe(number)
    since = grown.since(before)
    assert (since.counts, since.count) == (counted(then).counts, len(then))
    assert since.maximum >= max(then, default=0.0)
    assert since.maximum <= max([*first, *then], default=0.0)


@given(values)
@settings(max_examples=100, deadline=None)
def test_packing_loses_nothing(numbers: list[float]) -> None:
    one = counted(numbers)
    assert told(Histogram.unpacked(one.packed(), total=one.total, maximum=one.maximum)) == told(one)


@given(values.filter(bool), st.floats(min_value=0, max_value=1))
@settings(max_examples=200, deadline=None)
def test_a_quantile_is_within_the_stated_error_of_the_exact_one(numbers: list[float], share: float) -> None:
    exact = sorted(numbers)[max(0, -int(-share * len(numbers) // 1) - 1)]
    found = counted(numbers).quantile(share)
    assert found is not None
    assert abs(found - exact) <= RELATIVE_ERROR * exact * (1 + 1e-6)


@given(values, st.sampled_from([0.001, 0.1, 0.25, 1.0, 99.0]))
@settings(max_examples=100, deadline=None)
def test_below_a_bound_is_exact(numbers: list[float], bound: float) -> None:
    assert counted(numbers).below(bound) == sum(number < bound * (1 - 1e-12) for number in numbers)


def test_nothing_has_no_quantile_and_no_least() -> None:
    empty = Histogram()
    assert (empty.quantile(0.5), empty.least, empty.below(1.0)) == (None, 0.0, 0)
    assert counted([0.25, 3.0]).least == 0.25
