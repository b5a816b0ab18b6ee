"""One figure of one point: the same whether it was read from the tables or just came from the processes."""

from collections.abc import Callable
from dataclasses import dataclass

from apps.monitoring.charts.chart import Figure
from apps.monitoring.measuring.metric import Kind
from apps.monitoring.snapshots.track import Point

QUANTILES = {Figure.P50: 0.5, Figure.P95: 0.95, Figure.P99: 0.99}
NEEDS_HISTOGRAM = frozenset({*QUANTILES, Figure.BELOW})


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What a figure is made of: a point, how much of it is good, how long it is, and how often gauges are read."""

    point: Point | None
    good: Point | None
    kind: Kind
    seconds: float
    reading_seconds: float
    bound: float

    @property
    def amount(self) -> float:
        """How often it happened."""
        return amount(self.point, self.kind)


def amount(point: Point | None, kind: Kind) -> float:
    """Return how often it happened: the growth of a counter, the number of a distribution's values."""
    if point is None:
        return 0.0
    return point.count if kind is Kind.DISTRIBUTION else point.total


def figure_of(figure: Figure, moment: Moment) -> float | None:
    """Return the figure; None where nothing happened that it could tell of. What did not happen has a rate of 0."""
    if figure in {Figure.RATE, Figure.SUM}:
        return moment.amount / (moment.seconds if figure is Figure.RATE else 1)
    if moment.point is None:
        return None
    if figure in QUANTILES:
        return moment.point.quantile(QUANTILES[figure])
    return _figures[figure](moment, moment.point)


def _level(moment: Moment, point: Point) -> float | None:
    return point.total * moment.reading_seconds / moment.seconds


def _share(moment: Moment, _point: Point) -> float | None:
    return amount(moment.good, moment.kind) / moment.amount if moment.amount else None


def _below(moment: Moment, point: Point) -> float | None:
    histogram = point.histogram
    return point.below(moment.bound) / histogram.count if histogram and histogram.count else None


_figures: dict[Figure, Callable[[Moment, Point], float | None]] = {
    Figure.MEAN: lambda _, point: point.mean,
    Figure.LEVEL: _level,
    Figure.MAXIMUM: lambda _, point: point.maximum,
    Figure.SHARE: _share,
    Figure.BELOW: _below,
}
