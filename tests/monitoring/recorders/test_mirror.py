"""What others count by size, on our scale."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.backplane.durations import Durations
from apps.monitoring.measuring.histogram import Histogram
from apps.monitoring.measuring.mirror import mirrored, mirrored_by
from apps.monitoring.measuring.scale import RELATIVE_ERROR

seconds = st.builds(lambda digits, power: float(f"{digits}e{power}"), st.integers(1_000, 9_999), st.integers(-9, -1))


@given(st.lists(seconds, min_size=1, max_size=60))
def test_durations_are_counted_below_as_the_board_would_have(values: list[float]) -> None:
    below, here = Durations(), Histogram()
    for value in values:
        below.note(value)
        here.observe(value)
    made = mirrored(below)
    assert made.counts == here.counts
    assert made.total == pytest.approx(here.total)


@given(st.lists(seconds, min_size=1, max_size=60), st.sampled_from([0.5, 0.95, 1.0]))
def test_percentiles_of_durations_are_true_within_the_error(values: list[float], share: float) -> None:
    below = Durations()
    for value in values:
        below.note(value)
    exact = sorted(values)[max(0, -int(-share * len(values) // 1) - 1)]
    assert mirrored(below).quantile(share) == pytest.approx(exact, rel=RELATIVE_ERROR + 0.01)


def test_what_is_too_short_or_too_long_is_counted_at_the_ends() -> None:
    below = Durations()
    for value in (0.0, 1e-9, 5_000.0):
        below.note(value)
    made = mirrored(below)
    assert made.count == 3
    assert made.below(1e-6) == 2
    assert made.below(1_000.0) == 2


def test_counts_by_bounds_tell_exactly_what_lies_below_each_bound() -> None:
    bounds, counts = (0.001, 0.0025, 0.1), (4, 3, 2, 1)
    made = mirrored_by(bounds, counts, 0.5)
    assert [made.below(bound) for bound in bounds] == [4, 7, 9]
    assert (made.count, made.total) == (10, 0.5)


def test_nothing_is_nothing() -> None:
    made = mirrored(Durations())
    assert (made.count, made.maximum, made.quantile(0.5)) == (0, 0.0, None)
