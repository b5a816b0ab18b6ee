"""What is read of a metric: its points over time, added up over processes and over whichever labels nobody asks for."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from apps.monitoring.measuring.histogram import Histogram

Cell = tuple[float, float, float, dict[int, int] | None]  # count, total, maximum, counts

_counts_of = msgspec.msgpack.Decoder(dict[int, int]).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Of a counter `total` is its growth; of a gauge `total` is the sum of `count` readings; of a distribution they are
    the sum and the number of its values. `histogram` is None of what has none, or where none was asked for.
    """

    count: float
    total: float
    maximum: float
    histogram: Histogram | None = None

    @property
    def mean(self) -> float | None:
        """The mean of the readings or of the values; None of nothing."""
        return self.total / self.count if self.count else None

    def quantile(self, share: float) -> float | None:
        """Return the value below which a share (0 to 1) lies, within RELATIVE_ERROR; None of nothing."""
        return self.histogram.quantile(share) if self.histogram else None

    def below(self, bound: float) -> float:
        """Return how many values were less than a bound of two significant digits."""
        return self.histogram.below(bound) if self.histogram else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """One line: a point for each step of the window, None where nothing happened, and the sum of them."""

    labels: tuple[str, ...]
    points: tuple[Point | None, ...]
    whole: Point


class Sum:
    """Points that are being added up."""

    __slots__ = ("count", "counts", "maximum", "total")

    def __init__(self) -> None:
        self.count = self.total = self.maximum = 0.0
        self.counts: defaultdict[int, int] | None = None

    def add(self, count: float, total: float, maximum: float, packed: bytes | None = None) -> None:
        """Add a row as it is stored."""
        self.add_counts(count, total, maximum, None if packed is None else _counts_of(packed))

    def add_counts(self, count: float, total: float, maximum: float, counts: dict[int, int] | None) -> None:
        """Add what is unpacked already."""
        self.maximum = max(self.maximum, maximum) if self.count else maximum
        self.count += count
        self.total += total
        if counts is None:
            return
        if self.counts is None:
            self.counts = defaultdict(int, counts)
            return
        known = self.counts
        for index, times in counts.items():
            known[index] += times

    def cell(self) -> Cell:
        """Return the sum as it is kept."""
        return self.count, self.total, self.maximum, self.counts

    def point(self) -> Point:
        """Return the sum."""
        return point_of(self.cell())


def point_of(cell: Cell) -> Point:
    """Return a sum as a point."""
    count, total, maximum, counts = cell
    histogram = None if counts is None else Histogram(counts, total=total, maximum=maximum)
    return Point(count=count, total=total, maximum=maximum, histogram=histogram)


def summed(points: Iterable[Point | None]) -> Point:
    """Return the sum of points."""
    whole = Sum()
    for point in points:
        if point is not None:
            counts = point.histogram.counts if point.histogram else None
            whole.add_counts(point.count, point.total, point.maximum, counts)
    return whole.point()
