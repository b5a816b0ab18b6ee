"""Buckets for positive numbers of any size: two significant digits of each.

The log-linear scale of Hartmann and Schlossnagle, "Circllhist" (2020): each power of ten is cut into 90 equal parts.
Every bound of a Prometheus histogram with two digits, as 0.1 or 0.25, is a bound of this scale too, so what is counted
once is told exactly in both. A bucket's middle is off by a twentieth at most: RELATIVE_ERROR.
"""

from bisect import bisect_right

RELATIVE_ERROR = 0.05
PARTS = 90
LEAST, MOST = -9, 12  # powers of ten: from a nanosecond to a terabyte
ZERO = 0  # of what is too small, none, or negative
LAST = (MOST - LEAST) * PARTS


def lower(index: int) -> float:
    """Return the least value of a bucket; 0 for ZERO."""
    if index == ZERO:
        return 0.0
    exponent, part = divmod(index - 1, PARTS)
    return float(f"{part + 10}e{exponent + LEAST - 1}")


def middle(index: int) -> float:
    """Return the value that stands for a bucket."""
    if index in {ZERO, LAST}:
        return lower(index)
    return (lower(index) + lower(index + 1)) / 2


_lowers = tuple(lower(index) for index in range(1, LAST + 1))


def index_of(value: float) -> int:
    """Return the bucket of a value: ZERO for less than 1e-9 and for what is no number, LAST for 1e12 and more."""
    return bisect_right(_lowers, value) if value == value else ZERO  # noqa: PLR0124  (only what is no number differs)
