"""The scale: two significant digits of any number, with bounds that Prometheus' are among."""

import math

from hypothesis import example, given, settings
from hypothesis import strategies as st

from apps.monitoring.measuring.metric import SECONDS
from apps.monitoring.measuring.scale import LAST, LEAST, MOST, RELATIVE_ERROR, ZERO, index_of, lower, middle

within = st.floats(min_value=1e-9, max_value=1e12, exclude_max=True)
indexes = st.integers(min_value=1, max_value=LAST - 1)


@given(within, within)
@settings(max_examples=300, deadline=None)
def test_a_larger_value_is_never_in_a_lower_bucket(one: float, other: float) -> None:
    small, large = sorted((one, other))
    assert index_of(small) <= index_of(large)


@given(within)
@settings(max_examples=500, deadline=None)
@example(1e-9)
@example(0.1)
@example(0.3)
@example(math.nextafter(1.0, 0))
@example(math.nextafter(1e12, 0))
def test_the_middle_of_a_bucket_is_within_the_stated_error_of_its_values(value: float) -> None:
    found = middle(index_of(value))
    assert abs(found - value) <= RELATIVE_ERROR * value * (1 + 1e-6)


@given(indexes)
@settings(max_examples=500, deadline=None)
def test_a_bound_begins_its_own_bucket_and_ends_the_one_before(index: int) -> None:
    bound = lower(index)
    assert index_of(bound) == index
    assert index_of(bound * (1 - 1e-6)) == index - 1


@given(st.integers(min_value=10, max_value=99), st.integers(min_value=LEAST, max_value=MOST - 1))
@settings(max_examples=500, deadline=None)
def test_every_bound_of_two_digits_is_a_bound_of_the_scale(digits: int, exponent: int) -> None:
    bound = float(f"{digits}e{exponent - 1}")
    assert lower(index_of(bound)) == bound


def test_the_bounds_that_prometheus_sees_are_exact() -> None:
    assert [lower(index_of(bound)) for bound in SECONDS] == list(SECONDS)


def test_what_is_no_positive_number_is_in_the_first_bucket_and_what_is_too_large_in_the_last() -> None:
    assert {index_of(value) for value in (0.0, -1.0, float("nan"), -math.inf, 1e-10)} == {ZERO}
    assert {index_of(value) for value in (1e12, 1e300, math.inf)} == {LAST}
    assert (lower(ZERO), middle(ZERO), middle(LAST)) == (0.0, 0.0, 9.9e11)
