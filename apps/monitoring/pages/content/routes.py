"""Routes by what they cost: how often, how long, how many failed, and how content their readers may be."""

from collections import defaultdict
from collections.abc import Iterable

from apps.monitoring.browser.apdex import apdex
from apps.monitoring.pages.address import traces_of
from apps.monitoring.pages.period import Period
from apps.monitoring.pages.table import CODE, WORD, Cell, Column, Table
from apps.monitoring.pages.totals import Totals
from apps.monitoring.policy import BROWSER
from apps.monitoring.snapshots.track import Point, summed

DURATION = "http_request_duration_seconds"
COLUMNS = (
    Column(title="Method", unit=WORD),
    Column(title="Route", unit=CODE),
    Column(title="Requests", unit=""),
    Column(title="Rate", unit="per second"),
    Column(title="Median", unit="seconds"),
    Column(title="95%", unit="seconds"),
    Column(title="99%", unit="seconds"),
    Column(title="Slowest", unit="seconds"),
    Column(title="Failed", unit="share"),
    Column(title="Time in all", unit="seconds"),
    Column(title="Apdex", unit=""),
)


def routes(period: Period) -> Table:
    """Return the routes, those that took most time in all first. A route leads to its traces."""
    window = period.window
    seconds = sum(window.seconds) or 1
    found: dict[tuple[str, str], list[tuple[str, Point]]] = defaultdict(list)
    for (method, route, status), point in Totals(window).by(DURATION, "method", "route", "status_code"):
        found[method, route].append((status, point))
    rows = [_row(key, statuses, seconds, period) for key, statuses in found.items()]
    rows.sort(key=lambda row: -float(row[9].value or 0))  # type: ignore[arg-type]
    return Table(columns=COLUMNS, rows=rows, empty="No request was recorded in this time.")


def score(point: Point) -> float | None:
    """Return the Apdex of what was measured, for the target that staff have set; None of nothing."""
    return apdex(point.histogram, BROWSER.current.apdex_seconds) if point.histogram else None


def _row(key: tuple[str, str], statuses: Iterable[tuple[str, Point]], seconds: float, period: Period) -> list[Cell]:
    statuses = list(statuses)
    whole = summed(point for _, point in statuses)
    failed = sum(point.count for status, point in statuses if status.startswith("5"))
    method, route = key
    return [
        Cell(value=method),
        Cell(value=route, link=traces_of(period, route=route)),
        Cell(value=whole.count),
        Cell(value=whole.count / seconds),
        *(Cell(value=whole.quantile(share)) for share in (0.5, 0.95, 0.99)),
        Cell(value=whole.maximum),
        Cell(value=failed / whole.count if whole.count else None, tone="bad" if failed else ""),
        Cell(value=whole.total),
        Cell(value=score(whole)),
    ]
