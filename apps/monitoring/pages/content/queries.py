"""The database: what its statements cost, and who asks too often."""

from apps.monitoring.charts.chart import Chart, ChartLine, Figure
from apps.monitoring.pages.content.content import Content, KeyFigure, charts
from apps.monitoring.pages.content.statements import statements, suspects
from apps.monitoring.pages.period import Period
from apps.monitoring.pages.table import CODE, WORD, Cell, Column, Table, TableSource
from apps.monitoring.pages.totals import Totals
from apps.monitoring.snapshots.track import Point
from apps.monitoring.snapshots.window import Window

DURATION, POOL = "database_query_duration_seconds", "database_pool_connections"
REQUESTS = "http_request_duration_seconds"
COLUMNS = (
    Column(title="Operation", unit=WORD),
    Column(title="Table", unit=CODE),
    Column(title="Statements", unit=""),
    Column(title="Median", unit="seconds"),
    Column(title="95%", unit="seconds"),
    Column(title="99%", unit="seconds"),
    Column(title="Slowest", unit="seconds"),
    Column(title="Time in all", unit="seconds"),
)


def figures(window: Window) -> list[KeyFigure]:
    """Return the key figures of a stretch of time."""
    totals = Totals(window)
    sent, asked = totals.whole(DURATION), totals.amount(REQUESTS)
    return [
        KeyFigure(title="Statements", value=sent.count / (sum(window.seconds) or 1), unit="per second"),
        KeyFigure(
            title="For each request", value=sent.count / asked if asked else None, note="hits of the cache count"
        ),
        KeyFigure(title="Median", value=sent.quantile(0.5), unit="seconds"),
        KeyFigure(title="95 of 100 below", value=sent.quantile(0.95), unit="seconds"),
        KeyFigure(title="99 of 100 below", value=sent.quantile(0.99), unit="seconds"),
        KeyFigure(title="Slowest", value=sent.maximum if sent.count else None, unit="seconds"),
    ]


def tables(period: Period) -> Table:
    """Return the tables by operation, those that took most time in all first."""
    found = Totals(period.window).by(DURATION, "operation", "table")
    rows = [_row(operation, table, point) for (operation, table), point in found]
    rows.sort(key=lambda row: -float(row[7].value or 0))  # type: ignore[arg-type]
    return Table(columns=COLUMNS, rows=rows, empty="No statement was recorded in this time.")


def _row(operation: str, table: str, point: Point) -> list[Cell]:
    return [
        Cell(value=operation),
        Cell(value=table),
        Cell(value=point.count),
        *(Cell(value=point.quantile(share)) for share in (0.5, 0.95, 0.99)),
        Cell(value=point.maximum),
        Cell(value=point.total),
    ]


CONTENT = Content(
    figures=figures,
    charts=charts(
        Chart(
            name="statements", title="Statements by operation", unit="per second",
            lines=(ChartLine(label="", metric=DURATION, figure=Figure.RATE, by="operation"),),
        ),
        Chart(
            name="statement_times", title="Duration of statements", unit="seconds",
            lines=(
                ChartLine(label="median", metric=DURATION, figure=Figure.P50),
                ChartLine(label="95%", metric=DURATION, figure=Figure.P95),
                ChartLine(label="99%", metric=DURATION, figure=Figure.P99),
            ),
        ),
        Chart(
            name="pool", title="Connections of the pool", unit="",
            lines=(ChartLine(label="", metric=POOL, figure=Figure.LEVEL, by="state"),),
        ),
        Chart(
            name="pool_waits", title="Waits for a connection, in all processes", unit="seconds",
            lines=(ChartLine(label="waited", metric="database_pool_wait_seconds_total", figure=Figure.RATE),),
        ),
    ),
    tables=(
        TableSource(name="statements", title="Statements", make=statements),
        TableSource(name="suspects", title="Asked row by row (N+1 suspects)", make=suspects),
        TableSource(name="tables", title="Tables", make=tables),
    ),
)  # fmt: skip
