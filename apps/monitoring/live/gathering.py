"""What the processes of the site did lately, each as it last said. No clock, no I/O of its own."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from apps.monitoring.charts.chart import Where
from apps.monitoring.live.growth import Growth
from apps.monitoring.live.limits import PENDING_MAX, PROCESSES_MAX, SILENT_SECONDS
from apps.monitoring.measuring.metric import Kind
from apps.monitoring.measuring.sheet import Line
from apps.monitoring.snapshots.selection import Labels, known_metric, place_of
from apps.monitoring.snapshots.track import Sum, Track


@dataclass(slots=True)
class _Process:
    heard_at: float = 0.0
    pending: list[Growth] = field(default_factory=list)
    latest: list[Growth] = field(default_factory=list)


class Gathering:
    """Processes speak once a second, each in its own rhythm, so that a turn may find two of their words or none.

    Two are averaged; for none the last one stands for a moment. So a rate is that of the process, not of the rhythm.
    """

    def __init__(self) -> None:
        self._processes: dict[str, _Process] = {}

    def hear(self, growth: Growth, now: float) -> bool:
        """Keep what a process did; return False where too many speak."""
        process = self._processes.get(growth.worker)
        if process is None:
            if len(self._processes) >= PROCESSES_MAX:
                return False
            process = self._processes[growth.worker] = _Process()
        process.heard_at = now
        process.pending = [*process.pending, growth][-PENDING_MAX:]
        return True

    def taken(self, now: float) -> list[list[Growth]]:
        """Return what each process did since the last time, or did last."""
        living = {name: one for name, one in self._processes.items() if now - one.heard_at <= SILENT_SECONDS}
        self._processes = living
        for process in living.values():
            process.latest, process.pending = process.pending or process.latest, []
        return [process.latest for process in living.values()]


class Second:
    """The processes' words as a source of charts: one point, a second long."""

    seconds: tuple[float, ...] = (1.0,)
    reading_seconds = 1.0

    def __init__(self, processes: Iterable[list[Growth]]) -> None:
        self._lines: defaultdict[str, list[tuple[float, float, Line]]] = defaultdict(list)
        for said in processes:
            seconds = sum(growth.seconds for growth in said)
            for growth in said:
                for line in growth.lines:
                    self._lines[line.metric].append((1 / seconds, 1 / len(said), line))

    def tracks(self, metric: str, *, by: tuple[str, ...], where: Where, has_histograms: bool) -> list[Track]:  # noqa: ARG002  (lines have theirs)
        """Return a track for each combination of labels; raise ValueError for a metric or a label nobody declared."""
        known = known_metric(metric)
        place = place_of(known, by=by, where=where)
        sums: defaultdict[Labels, Sum] = defaultdict(Sum)
        for per_second, share, line in self._lines.get(metric, ()):
            labels = place(line.labels)
            if labels is not None:
                _add(sums[labels], line, share if known.kind is Kind.GAUGE else per_second)
        points = {labels: added.point() for labels, added in sums.items()}
        return [Track(labels=labels, points=(points[labels],), whole=points[labels]) for labels in sorted(points)]


def _add(to: Sum, line: Line, weight: float) -> None:
    """Add a line: numbers and sums by their weight, buckets as they are, for only their shares count."""
    if line.counts is None:
        to.add_counts(weight, line.value * weight, line.value, None)
    else:
        to.add_counts(sum(line.counts.values()) * weight, line.value * weight, line.maximum, line.counts)
