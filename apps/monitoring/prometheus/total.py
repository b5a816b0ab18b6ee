"""Sheets of several processes as one: what they counted is added, exactly."""

from apps.monitoring.measuring.board import OTHER, SERIES_LIMIT
from apps.monitoring.measuring.metric import Kind, Merge, Metric, metric_of
from apps.monitoring.measuring.sheet import Labels, Line, Sheet

Series = dict[Labels, Line]


class Total:
    """The exported series of the sheets that were added; what this version knows otherwise, or not, is left out.

    Each metric has a bounded number of series, as on a board; the rest is counted together.
    """

    def __init__(self, *, series_limit: int = 4 * SERIES_LIMIT) -> None:
        self._limit = series_limit
        self.families: dict[Metric, Series] = {}

    def add(self, sheet: Sheet, *, is_running: bool = True) -> None:
        """Add what a process counted. Of one that has ended the gauges say nothing any more."""
        for line in sheet.lines:
            metric = metric_of(line.metric)
            if metric is None or not is_exported(metric, line):
                continue
            if metric.kind is not Kind.GAUGE:
                self._take(metric, line.labels, line)
            elif is_running:
                own = (sheet.worker,) if metric.merge is Merge.EACH else ()
                self._take(metric, (*line.labels, *own), line)

    def sheet(self, *, worker: str, at: float) -> Sheet:
        """Return it as if one process had counted all of it."""
        lines = [line for series in self.families.values() for line in series.values()]
        return Sheet(worker=worker, started=at, at=at, lines=lines)

    def _take(self, metric: Metric, labels: Labels, line: Line) -> None:
        series = self.families.setdefault(metric, {})
        if labels not in series and len(series) >= self._limit:
            labels = (OTHER,) * len(labels)
        found = series.get(labels)
        if found is None:
            series[labels] = copy(line, labels)
        elif metric.merge is Merge.MAX:
            found.value = max(found.value, line.value)
        else:
            merge(found, line)


def is_exported(metric: Metric, line: Line) -> bool:
    """Return whether Prometheus sees a series: its metric is for it, and still has that shape."""
    is_distribution = metric.kind is Kind.DISTRIBUTION
    return (
        metric.is_exported and len(line.labels) == len(metric.labels) and (line.counts is not None) is is_distribution
    )


def copy(line: Line, labels: Labels) -> Line:
    """Return a line that others may be added to."""
    counts = None if line.counts is None else dict(line.counts)
    return Line(line.metric, labels, line.value, counts, line.maximum, line.exemplar)


def merge(into: Line, line: Line) -> None:
    """Add a line to another; of two examples the later stays."""
    into.value += line.value
    into.maximum = max(into.maximum, line.maximum)
    if into.counts is not None and line.counts is not None:
        counts = into.counts
        for index, times in line.counts.items():
            counts[index] = counts.get(index, 0) + times
    if line.exemplar and (into.exemplar is None or into.exemplar[2] < line.exemplar[2]):
        into.exemplar = line.exemplar
