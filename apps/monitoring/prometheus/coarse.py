"""Distributions as Prometheus sees them: a bucket for each bound instead of hundreds, so that a scrape is quick."""

from functools import lru_cache

from apps.monitoring.measuring.metric import Kind, Metric, metric_of
from apps.monitoring.measuring.scale import LAST, index_of
from apps.monitoring.measuring.sheet import Labels, Line

Counts = dict[int, int]


class Coarse:
    """Makes exported lines of a sheet's. What did not grow since the last time is not added up again."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, Labels], tuple[int, Counts]] = {}

    def lines(self, lines: list[Line]) -> list[Line]:
        """Return the lines that are exported."""
        known = [(metric_of(line.metric), line) for line in lines]
        return [self._line(metric, line) for metric, line in known if metric and metric.is_exported]

    def _line(self, metric: Metric, line: Line) -> Line:
        if metric.kind is not Kind.DISTRIBUTION or line.counts is None:
            return line
        number = sum(line.counts.values())
        known = self._known.get(line.key)
        if known is None or known[0] != number:
            known = self._known[line.key] = number, coarse(line.counts, metric.bounds)
        return Line(line.metric, line.labels, line.value, known[1], line.maximum, line.exemplar)


def coarse(counts: Counts, bounds: tuple[float, ...]) -> Counts:
    """Return the same counts by bound: each under the first bucket of the scale between two bounds."""
    slots, firsts = slots_of(bounds), (0, *(index_of(bound) for bound in bounds))
    found: Counts = {}
    for index, times in counts.items():
        first = firsts[slots[index]]
        found[first] = found.get(first, 0) + times
    return found


@lru_cache
def slots_of(bounds: tuple[float, ...]) -> list[int]:
    """Return for each bucket of the scale the number of the bucket that Prometheus sees."""
    edges = [index_of(bound) for bound in bounds]
    return [sum(edge <= index for edge in edges) for index in range(LAST + 1)]
