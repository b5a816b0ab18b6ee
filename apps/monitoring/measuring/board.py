"""The series of one process: the last word on what it counted. For one thread at a time, which the keeper sees to."""

from collections import Counter

from apps.monitoring.measuring.histogram import Histogram
from apps.monitoring.measuring.metric import Kind, Metric
from apps.monitoring.measuring.sheet import Line, Sheet

SERIES_LIMIT = 1_000
OTHER = "other"
Labels = tuple[str, ...]
_Series = dict[Labels, float] | dict[Labels, Histogram]


class Board:
    """Takes numbers by metric and labels. A metric with too many series has the rest counted together, as OTHER."""

    def __init__(self, *, series_limit: int = SERIES_LIMIT) -> None:
        self._limit = series_limit
        self._numbers: dict[Metric, dict[Labels, float]] = {}
        self._histograms: dict[Metric, dict[Labels, Histogram]] = {}
        self._exemplars: dict[tuple[Metric, Labels], tuple[str, float, float]] = {}
        self.merged: Counter[str] = Counter()

    def add(self, metric: Metric, labels: Labels = (), amount: float = 1.0) -> None:
        """Add to a counter."""
        series = self._numbers.setdefault(metric, {})
        labels = self._bounded(metric, series, labels)
        series[labels] = series.get(labels, 0.0) + amount

    def put(self, metric: Metric, labels: Labels, value: float) -> None:
        """Set a gauge, or a counter to what others have counted it to."""
        series = self._numbers.setdefault(metric, {})
        series[self._bounded(metric, series, labels)] = float(value)

    def clear(self, metric: Metric) -> None:
        """Forget the series of a gauge whose labels come and go."""
        self._numbers.pop(metric, None)

    def gauges(self) -> list[Metric]:
        """Return those that are told of as they are now."""
        return [metric for metric in self._numbers if metric.kind is Kind.GAUGE]

    def observe(self, metric: Metric, labels: Labels, value: float, times: int = 1) -> None:
        """Count a value of a distribution."""
        self.histogram(metric, labels).observe(value, times)

    def histogram(self, metric: Metric, labels: Labels) -> Histogram:
        """Return the histogram of a series, to observe many values or to merge what others have counted."""
        series = self._histograms.setdefault(metric, {})
        labels = self._bounded(metric, series, labels)
        found = series.get(labels)
        if found is None:
            found = series[labels] = Histogram()
        return found

    def mirror(self, metric: Metric, labels: Labels, histogram: Histogram) -> None:
        """Set the histogram of a series to what others have counted."""
        series = self._histograms.setdefault(metric, {})
        series[self._bounded(metric, series, labels)] = histogram

    def exemplify(self, metric: Metric, labels: Labels, trace_id: str, value: float, at: float) -> None:
        """Remember a trace as the example of a series: the latest counts."""
        self._exemplars[metric, labels] = (trace_id, value, at)

    def sheet(self, *, worker: str, started: float, at: float) -> Sheet:
        """Return a copy of everything. Times are seconds since 1970."""
        lines = [
            Line(metric=metric.name, labels=labels, value=value)
            for metric, series in self._numbers.items()
            for labels, value in series.items()
        ]
        lines += [
            Line(
                metric=metric.name,
                labels=labels,
                value=one.total,
                counts=dict(one.counts),
                maximum=one.maximum,
                exemplar=self._exemplars.get((metric, labels)),
            )
            for metric, histograms in self._histograms.items()
            for labels, one in histograms.items()
        ]
        return Sheet(worker=worker, started=started, at=at, lines=lines)

    def _bounded(self, metric: Metric, series: _Series, labels: Labels) -> Labels:
        if labels in series or len(series) < self._limit:
            return labels
        self.merged[metric.name] += 1
        return (OTHER,) * len(labels)
