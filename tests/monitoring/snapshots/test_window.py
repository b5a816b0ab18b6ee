"""Windows: what a chart shows of time."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.monitoring.snapshots.window import POINTS, STEPS, Window

DAY = 86_400
lengths = st.integers(min_value=60, max_value=90 * DAY)
moments = st.floats(min_value=1.6e9, max_value=1.9e9)


@given(lengths, moments)
@settings(max_examples=300, deadline=None)
def test_a_window_has_few_points_and_ends_now(seconds: int, now: float) -> None:
    window = Window.last(seconds, now=now)
    assert window.step in STEPS
    assert window.points == len(window.times) == len(window.seconds) <= POINTS
    assert window.start % window.step == 0
    late = 5 if window.step < 600 else 150
    assert late <= now - window.end < late + 11
    assert window.end - window.start >= seconds - window.step - 15


@given(lengths, moments)
@settings(max_examples=100, deadline=None)
def test_its_points_lie_end_to_end(seconds: int, now: float) -> None:
    window = Window.last(seconds, now=now)
    ends = [at + length for at, length in zip(window.times, window.seconds, strict=True)]
    assert [*window.times[1:], window.end] == ends
    assert sum(window.seconds) == window.end - window.start


@given(lengths, moments)
@settings(max_examples=100, deadline=None)
def test_the_period_before_is_as_long_and_ends_where_this_begins(seconds: int, now: float) -> None:
    window = Window.last(seconds, now=now)
    before = window.before()
    assert (before.end, before.points, before.step) == (window.start, window.points, window.step)


@pytest.mark.parametrize(
    ("seconds", "step"),
    [(300, 10), (1_800, 10), (3_600, 60), (6 * 3_600, 120), (DAY, 600), (7 * DAY, 3_600), (90 * DAY, DAY)],
)
def test_the_usual_ranges_have_these_steps(seconds: int, step: int) -> None:
    window = Window.last(seconds, now=1_700_000_123.0)
    assert window.step == step
    assert window.end == (1_700_000_110 if step < 600 else 1_699_999_970)
