"""Sums over a whole stretch of time, for key figures and tables."""

from collections.abc import Iterator

from apps.monitoring.charts.chart import Where
from apps.monitoring.charts.figures import amount
from apps.monitoring.charts.history import Tables
from apps.monitoring.measuring.metric import Kind, metric_of
from apps.monitoring.snapshots.track import Point
from apps.monitoring.snapshots.window import Window

NOTHING = Point(count=0, total=0.0, maximum=0.0)
ALL: Where = {}


class Totals:
    """What metrics came to over one window; what is asked for twice is read once."""

    def __init__(self, window: Window) -> None:
        self._tables = Tables(window)

    def whole(self, metric: str, where: Where = ALL) -> Point:
        """Return the sum of all series that are chosen; nothing for a metric that this process does not know."""
        return next((point for _, point in self.by(metric, where=where)), NOTHING)

    def amount(self, metric: str, where: Where = ALL) -> float:
        """Return the growth of a counter, or the number of a distribution's values."""
        known = metric_of(metric)
        if known is None:
            return 0.0
        point = next((one for _, one in self.by(metric, where=where, has_histograms=False)), None)
        return amount(point, known.kind)

    def by(
        self, metric: str, *labels: str, where: Where = ALL, has_histograms: bool = True
    ) -> Iterator[tuple[tuple[str, ...], Point]]:
        """Yield the sum of each combination of labels."""
        known = metric_of(metric)
        if known is None:
            return
        is_needed = has_histograms and known.kind is Kind.DISTRIBUTION
        for track in self._tables.wholes(metric, by=labels, where=where, has_histograms=is_needed):
            yield track.labels, track.whole
