"""How long things took, counted by size: plain numbers of this process for whoever watches. Counting takes no lock.

The bounds have two significant digits, 90 to each power of ten, so that percentiles are true to a twentieth.
"""

from bisect import bisect_right

LEAST, MOST = -6, 3  # powers of ten: from a microsecond to a thousand seconds
BOUNDS_SECONDS = (
    *(float(f"{part}e{power - 1}") for power in range(LEAST, MOST) for part in range(10, 100)),
    10.0**MOST,
)


class Durations:
    """`counts[n]` were of at least the bound n-1 and less than the bound n: the first below all, the last over all."""

    __slots__ = ("counts", "total_seconds")

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS_SECONDS) + 1)
        self.total_seconds = 0.0

    def note(self, seconds: float) -> None:
        """Count one."""
        self.counts[bisect_right(BOUNDS_SECONDS, seconds)] += 1
        self.total_seconds += seconds
