"""What a page is made of."""

from collections.abc import Callable
from dataclasses import dataclass

from apps.monitoring.charts.chart import Chart, declare
from apps.monitoring.measuring.metric import metric_of
from apps.monitoring.pages.table import TableSource
from apps.monitoring.snapshots.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFigure:
    """One number in the row at the top. `tone` is good, warn or bad or nothing; `note` is said beneath.

    One that `is_of_now` is the same whatever time the page shows: there is none of the period before.
    """

    title: str
    value: float | str | None
    unit: str = ""
    note: str = ""
    tone: str = ""
    link: str = ""
    is_of_now: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """The parts of one page, in their order. `figures` takes the window that the page shows."""

    charts: tuple[Chart, ...]
    tables: tuple[TableSource, ...] = ()
    figures: Callable[[Window], list[KeyFigure]] | None = None

    @property
    def drawable(self) -> list[Chart]:
        """The charts all of whose metrics this process knows."""
        return [chart for chart in self.charts if all(metric_of(line.metric) for line in chart.lines)]

    def table(self, name: str) -> TableSource | None:
        """Return a table by its name."""
        return next((table for table in self.tables if table.name == name), None)


def charts(*made: Chart) -> tuple[Chart, ...]:
    """Make the charts known, so that they can be watched live."""
    return tuple(declare(chart) for chart in made)
