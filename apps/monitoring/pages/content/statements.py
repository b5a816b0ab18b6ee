"""Statements to the database, and who sends one again and again."""

from collections.abc import Iterable

from apps.monitoring.models import Statement
from apps.monitoring.pages.address import traces_of
from apps.monitoring.pages.period import Period
from apps.monitoring.pages.table import CODE, Cell, Column, Table
from apps.monitoring.pages.totals import Totals
from apps.monitoring.snapshots.track import Point

DURATION, SLOW, REPEATS = "statement_duration_seconds", "statement_slow_total", "statement_repeats"
SHOWN = 50
COLUMNS = (
    Column(title="Statement", unit=CODE),
    Column(title="Times", unit=""),
    Column(title="Slow", unit=""),
    Column(title="Median", unit="seconds"),
    Column(title="95%", unit="seconds"),
    Column(title="Slowest", unit="seconds"),
    Column(title="Time in all", unit="seconds"),
)
SUSPECT_COLUMNS = (
    Column(title="Route", unit=CODE),
    Column(title="Statement", unit=CODE),
    Column(title="Requests", unit=""),
    Column(title="Times each, median", unit=""),
    Column(title="At most", unit=""),
)


def statements(period: Period) -> Table:
    """Return the statements that took most time in all."""
    totals = Totals(period.window)
    found = sorted(totals.by(DURATION, "digest"), key=lambda pair: -pair[1].total)[:SHOWN]
    slow = {digest: point.total for (digest,), point in totals.by(SLOW, "digest")}
    texts = _texts(digest for (digest,), _ in found)
    rows = [_row(texts.get(digest, digest), point, slow.get(digest, 0)) for (digest,), point in found]
    note = f"The {SHOWN} that took most time in all." if len(rows) == SHOWN else ""
    return Table(columns=COLUMNS, rows=rows, note=note, empty="No statement was recorded in this time.")


def suspects(period: Period) -> Table:
    """Return routes whose requests sent one statement suspiciously often; they lead to the routes' traces."""
    found = list(Totals(period.window).by(REPEATS, "route", "digest"))
    found.sort(key=lambda pair: -pair[1].total)
    texts = _texts(digest for (_, digest), _ in found[:SHOWN])
    rows = [
        [
            Cell(value=route, link=traces_of(period, route=route)),
            Cell(value=texts.get(digest, digest)),
            Cell(value=point.count),
            Cell(value=point.quantile(0.5)),
            Cell(value=point.maximum),
        ]
        for (route, digest), point in found[:SHOWN]
    ]
    return Table(columns=SUSPECT_COLUMNS, rows=rows, empty="No request asked row by row in this time.")


def _texts(digests: Iterable[str]) -> dict[str, str]:
    return dict(Statement.objects.filter(pk__in=list(digests)).values_list("pk", "text"))


def _row(text: str, point: Point, slow: float) -> list[Cell]:
    return [
        Cell(value=text),
        Cell(value=point.count),
        Cell(value=slow),
        Cell(value=point.quantile(0.5)),
        Cell(value=point.quantile(0.95)),
        Cell(value=point.maximum),
        Cell(value=point.total),
    ]
