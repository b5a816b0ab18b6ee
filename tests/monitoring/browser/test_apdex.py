"""Apdex over what was measured."""

import pytest

from apps.monitoring.browser.apdex import apdex
from apps.monitoring.measuring.histogram import Histogram


def of(*seconds: float) -> Histogram:
    made = Histogram()
    for one in seconds:
        made.observe(one)
    return made


@pytest.mark.parametrize(
    ("times", "score"),
    [
        ((0.1, 0.2), 1.0),
        ((0.1, 0.6), 0.75),
        ((0.6, 0.7), 0.5),
        ((0.1, 5.0), 0.5),
        ((2.0, 9.0), 0.0),
    ],
)
def test_the_satisfied_count_whole_and_the_tolerating_half(times: tuple[float, ...], score: float) -> None:
    assert apdex(of(*times), 0.5) == score


def test_nobody_waited_is_no_score() -> None:
    assert apdex(Histogram(), 0.5) is None
