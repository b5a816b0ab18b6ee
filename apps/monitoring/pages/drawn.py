"""Charts as the page embeds them: figures for the script, and in words for those who do not see lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.utils.safestring import SafeString, mark_safe

from apps.monitoring.charts.chart import Chart, ChartData, DataLine
from apps.monitoring.charts.history import histories
from apps.monitoring.events.told import Told
from apps.monitoring.pages.period import Period
from apps.monitoring.pages.unit import written

DIGITS = 4
UNSAFE = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line in words: its figure over the whole time, its extremes, and the figure of the period before."""

    label: str
    whole: str
    least: str
    most: str
    latest: str
    before: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """One chart of a page. `data` is what the script draws."""

    chart: Chart
    lines: tuple[Line, ...]
    data: dict[str, Any]
    is_empty: bool

    @property
    def summary(self) -> str:
        """What the chart says, in a sentence: the canvas's own text."""
        if self.is_empty:
            return f"{self.chart.title}: nothing recorded in this time."
        return f"{self.chart.title}. " + "; ".join(f"{line.label}: {line.whole}" for line in self.lines) + "."


def drawn(charts: Sequence[Chart], period: Period) -> list[Drawn]:
    """Return the charts over the period, and over the one before where it is to be compared. Blocks for queries."""
    window = period.window
    now = histories(charts, window)
    before = histories(charts, window.before()) if period.is_compared else {}
    return [_drawn(chart, now[chart.name], before.get(chart.name)) for chart in charts]


def embedded(drawn_charts: Sequence[Drawn], markers: Sequence[Told], period: Period) -> SafeString:
    """Return what the page's script needs, as JSON that may stand in HTML."""
    window = period.window
    document = {
        "charts": [one.data for one in drawn_charts],
        "markers": [_marker(one) for one in markers],
        "start": window.start,
        "end": window.end,
        "seconds": period.seconds,
        "live": period.may_be_live,
    }
    return mark_safe(orjson.dumps(document).decode().translate(UNSAFE))  # noqa: S308  (escaped for a script element)


def _drawn(chart: Chart, now: ChartData, before: ChartData | None) -> Drawn:
    earlier = {line.label: line for line in before.lines} if before else {}
    most = max((line.whole or 0.0 for line in now.lines), default=0.0)
    lines = tuple(_line(chart.unit, line, earlier.get(line.label), most) for line in now.lines)
    data = {
        "name": chart.name,
        "title": chart.title,
        "unit": chart.unit,
        "kind": str(chart.kind),
        "start": now.times[0] if now.times else 0,
        "step": now.step,
        "lines": [_figures(line) for line in now.lines],
        "before": [_figures(line) for line in before.lines] if before else [],
    }
    is_empty = all(value is None for line in now.lines for value in line.values)
    return Drawn(chart=chart, lines=lines, data=data, is_empty=is_empty)


def _line(unit: str, line: DataLine, before: DataLine | None, most: float) -> Line:
    known = [value for value in line.values if value is not None]
    return Line(
        label=line.label,
        whole=written(line.whole, unit, most=most),
        least=written(min(known, default=None), unit, most=most),
        most=written(max(known, default=None), unit, most=most),
        latest=written(known[-1] if known else None, unit, most=most),
        before=written(before.whole, unit, most=most) if before else "",
    )


def _figures(line: DataLine) -> dict[str, Any]:
    return {"label": line.label, "values": [_short(value) for value in line.values], "whole": _short(line.whole)}


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.{DIGITS}g}")


def _marker(one: Told) -> dict[str, Any]:
    return {"at": one.at.timestamp(), "kind": one.kind, "title": one.title, "detail": one.detail, "link": one.link}
