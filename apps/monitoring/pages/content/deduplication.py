"""Deduplication: work that was done once for several who asked."""

from collections import Counter, defaultdict

from apps.monitoring.charts.chart import Chart, ChartLine, Figure, Kind
from apps.monitoring.pages.content.content import Content, KeyFigure, charts
from apps.monitoring.pages.content.share import share
from apps.monitoring.pages.period import Period
from apps.monitoring.pages.table import CODE, Cell, Column, Table, TableSource
from apps.monitoring.pages.totals import Totals
from apps.monitoring.snapshots.window import Window

REQUESTS, WAITS = "deduplication_requests_total", "deduplication_wait_seconds"
DUPLICATES = "deduplication_duplicate_executions_total"
ROLES = ("leader", "waiter", "replay", "timeout", "unshared")
SAVED = ("waiter", "replay")


def figures(window: Window) -> list[KeyFigure]:
    """Return the key figures of a stretch of time."""
    totals = Totals(window)
    calls, saved = totals.amount(REQUESTS), totals.amount(REQUESTS, {"role": SAVED})
    duplicates, waits = totals.amount(DUPLICATES), totals.whole(WAITS)
    return [
        KeyFigure(title="Calls", value=calls),
        KeyFigure(title="Not executed again", value=saved, note="joined another, or replayed"),
        KeyFigure(title="Share saved", value=share(saved, calls), unit="share"),
        KeyFigure(title="A wait, 95 of 100 below", value=waits.quantile(0.95), unit="seconds"),
        KeyFigure(
            title="Duplicate executions", value=duplicates, tone="bad" if duplicates else "good", note="must stay 0"
        ),
    ]


def scopes(period: Period) -> Table:
    """Return the scopes, the busiest first."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for (scope, role), point in Totals(period.window).by(REQUESTS, "scope", "role"):
        found[scope][role] += int(point.total)
    rows = [_row(scope, counted) for scope, counted in found.items() if counted.total()]
    rows.sort(key=lambda row: -float(row[1].value or 0))  # type: ignore[arg-type]
    titles = ("Leaders", "Waiters", "Replays", "Timed out", "Alone")
    columns = (
        Column(title="Scope", unit=CODE),
        Column(title="Calls", unit=""),
        *(Column(title=title, unit="") for title in titles),
        Column(title="Saved", unit="share"),
    )
    return Table(columns=columns, rows=rows, empty="Nothing was asked for twice in this time.")


def _row(scope: str, counted: Counter[str]) -> list[Cell]:
    calls = counted.total()
    saved = sum(counted[role] for role in SAVED)
    return [
        Cell(value=scope),
        Cell(value=calls),
        *(Cell(value=counted[role]) for role in ROLES),
        Cell(value=share(saved, calls)),
    ]


CONTENT = Content(
    figures=figures,
    charts=charts(
        Chart(
            name="flights", title="Calls by role", unit="per second", kind=Kind.AREA,
            lines=(ChartLine(label="", metric=REQUESTS, figure=Figure.RATE, by="role"),),
        ),
        Chart(
            name="flights_saved", title="Not executed again", unit="share",
            lines=(ChartLine(label="share", metric=REQUESTS, figure=Figure.SHARE, good={"role": SAVED}),),
        ),
        Chart(
            name="flight_waits", title="Waits for another's result", unit="seconds",
            lines=(
                ChartLine(label="median", metric=WAITS, figure=Figure.P50),
                ChartLine(label="95%", metric=WAITS, figure=Figure.P95),
                ChartLine(label="99%", metric=WAITS, figure=Figure.P99),
            ),
        ),
        Chart(
            name="flights_aloft", title="Flights under way", unit="",
            lines=(ChartLine(label="", metric="deduplication_flights", figure=Figure.LEVEL, by="scope"),),
        ),
        Chart(
            name="flights_duplicate", title="Duplicate executions", unit="", kind=Kind.BAR,
            lines=(ChartLine(label="duplicates", metric=DUPLICATES, figure=Figure.SUM),),
        ),
        Chart(
            name="flights_lost", title="Leads lost before their end", unit="", kind=Kind.BAR,
            lines=(ChartLine(label="", metric="deduplication_lease_losses_total", figure=Figure.SUM, by="scope"),),
        ),
    ),
    tables=(TableSource(name="scopes", title="Scopes", make=scopes),),
)  # fmt: skip
