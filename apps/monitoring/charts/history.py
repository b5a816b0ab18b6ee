"""Charts over a stretch of time, from the tables."""

from collections.abc import Callable, Iterable
from typing import Any

from apps.monitoring.charts.chart import Chart, ChartData, Where
from apps.monitoring.charts.drawing import drawn
from apps.monitoring.models.snapshots import Resolution
from apps.monitoring.snapshots.marks import Marks, marks
from apps.monitoring.snapshots.reading import read, read_whole
from apps.monitoring.snapshots.track import Track
from apps.monitoring.snapshots.window import Window

Asked = tuple[object, ...]
Reader = Callable[..., list[Track]]


class Tables:
    """The tables over one window: what several lines or charts ask for is read once."""

    reading_seconds = float(Resolution.RAW)

    def __init__(self, window: Window) -> None:
        self.window = window
        self._marks: Marks | None = None
        self.seconds = tuple(map(float, window.seconds))
        self._known: dict[Asked, list[Track]] = {}

    def tracks(self, metric: str, *, by: tuple[str, ...], where: Where, has_histograms: bool) -> list[Track]:
        """Return the tracks; see `read`."""
        return self._read_once(read, metric, by=by, where=where, has_histograms=has_histograms)

    def wholes(self, metric: str, *, by: tuple[str, ...], where: Where, has_histograms: bool) -> list[Track]:
        """Return the tracks without their points; see `read_whole`."""
        return self._read_once(read_whole, metric, by=by, where=where, has_histograms=has_histograms)

    def _read_once(self, how: Reader, metric: str, **asked: Any) -> list[Track]:
        where = frozenset((name, tuple(values)) for name, values in asked["where"].items())
        key = (how, metric, asked["by"], where, asked["has_histograms"])
        found = self._known.get(key)
        if found is None:
            self._marks = marks() if self._marks is None else self._marks
            found = self._known[key] = how(metric, self.window, rolled_up=self._marks, **asked)
        return found


def history(chart: Chart, window: Window) -> ChartData:
    """Return a chart over a window. Queries: a few for each of its metrics. Raises ValueError for unknown metrics."""
    return histories([chart], window)[chart.name]


def histories(charts: Iterable[Chart], window: Window) -> dict[str, ChartData]:
    """Return charts over a window by their names; what they have in common is read once."""
    tables = Tables(window)
    return {chart.name: ChartData(times=window.times, step=window.step, lines=drawn(chart, tables)) for chart in charts}
