"""Figures as people read them."""

import pytest

from apps.monitoring.pages.unit import written


@pytest.mark.parametrize(
    ("number", "unit", "expected"),
    [
        (None, "seconds", "—"),
        (0, "seconds", "0 ms"),
        (0.0000004, "seconds", "400 ns"),
        (0.000042, "seconds", "42 µs"),
        (0.0123, "seconds", "12.3 ms"),
        (1.5, "seconds", "1.5 s"),
        (150, "seconds", "2 min 30 s"),
        (7_300, "seconds", "2 h 1 min"),
        (200_000, "seconds", "2 d 7 h"),
        (999, "bytes", "999 B"),
        (1_500_000, "bytes", "1.5 MB"),
        (0.995, "share", "99.5%"),
        (12.34, "per second", "12.3/s"),
        (0.5, "per second", "0.5/s"),
        (0.0033, "per second", "0.2/min"),
        (0.00058, "per second", "2.09/h"),
        (0.00000001, "per second", "0.00086/d"),
        (0, "per second", "0/s"),
        (9_999, "", "9,999"),
        (12_345, "", "12.3k"),
        (3_200_000, "rows", "3.2M rows"),
        (100, "", "100"),
        (10, "", "10"),
        (-0.5, "", "-0.5"),
    ],
)
def test_a_figure_has_three_digits_that_say_something_and_a_unit(
    number: float | None, unit: str, expected: str
) -> None:
    assert written(number, unit) == expected


def test_rates_that_stand_together_are_all_of_a_second_or_all_of_an_hour() -> None:
    assert [written(rate, "per second", most=2.0) for rate in (2.0, 0.0033)] == ["2/s", "0.0033/s"]
    assert [written(rate, "per second", most=0.0005) for rate in (0.0005, 0.0)] == ["1.8/h", "0/h"]
