"""Queues and tasks, and the chat's own work behind them: imports and replies."""

from collections import defaultdict

from apps.monitoring.charts.chart import Chart, ChartLine, Figure
from apps.monitoring.pages.content.content import Content, KeyFigure, charts
from apps.monitoring.pages.content.share import share
from apps.monitoring.pages.period import Period
from apps.monitoring.pages.table import CODE, Cell, Column, Table, TableSource
from apps.monitoring.pages.totals import Totals
from apps.monitoring.snapshots.track import Point, summed
from apps.monitoring.snapshots.window import Window

JOBS, DURATION, WAIT = "queue_jobs", "task_duration_seconds", "task_wait_seconds"
FAILED = {"state": ("FAILURE",)}
DONE, REPEATED = {"state": ("SUCCESS", "IGNORED")}, {"state": ("RETRY",)}
LOST = {"state": ("FAILURE", "REVOKED", "REJECTED")}
COLUMNS = (
    Column(title="Task", unit=CODE),
    Column(title="Ended", unit=""),
    Column(title="Failed", unit="share"),
    Column(title="Median", unit="seconds"),
    Column(title="95%", unit="seconds"),
    Column(title="Slowest", unit="seconds"),
    Column(title="Waited, 95%", unit="seconds"),
)


def figures(window: Window) -> list[KeyFigure]:
    """Return the key figures of a stretch of time."""
    totals = Totals(window)
    ended, failed, waited = totals.whole(DURATION), totals.amount(DURATION, FAILED), totals.whole(WAIT)
    return [
        KeyFigure(title="Tasks ended", value=ended.count),
        KeyFigure(title="Failed", value=failed, tone="bad" if failed else ""),
        KeyFigure(title="A task, 95 of 100 below", value=ended.quantile(0.95), unit="seconds"),
        KeyFigure(title="Waited, 95 of 100 below", value=waited.quantile(0.95), unit="seconds"),
        KeyFigure(title="Imported rows", value=totals.amount("import_rows_total", {"result": ("imported",)})),
        KeyFigure(title="Replies", value=totals.amount("assistant_replies_total")),
    ]


def tasks(period: Period) -> Table:
    """Return the tasks by name, those that took most time in all first."""
    totals = Totals(period.window)
    found: dict[str, list[tuple[str, Point]]] = defaultdict(list)
    for (task, state), point in totals.by(DURATION, "task", "state"):
        found[task].append((state, point))
    waits = {task: point for (task,), point in totals.by(WAIT, "task")}
    ordered = sorted(found.items(), key=lambda pair: -sum(point.total for _, point in pair[1]))
    rows = [_row(task, ends, waits.get(task)) for task, ends in ordered]
    return Table(columns=COLUMNS, rows=rows, empty="No task ended in this time.")


def _row(task: str, ends: list[tuple[str, Point]], waited: Point | None) -> list[Cell]:
    whole = summed(point for _, point in ends)
    failed = sum(point.count for state, point in ends if state == "FAILURE")
    return [
        Cell(value=task),
        Cell(value=whole.count),
        Cell(value=share(failed, whole.count), tone="bad" if failed else ""),
        Cell(value=whole.quantile(0.5)),
        Cell(value=whole.quantile(0.95)),
        Cell(value=whole.maximum),
        Cell(value=waited.quantile(0.95) if waited else None),
    ]


CONTENT = Content(
    figures=figures,
    charts=charts(
        Chart(
            name="queue_waiting", title="Tasks that wait", unit="",
            lines=(
                ChartLine(label="", metric=JOBS, figure=Figure.MAXIMUM, by="queue", where={"state": ("waiting",)}),
            ),
        ),
        Chart(
            name="queue_active", title="Tasks that run", unit="",
            lines=(ChartLine(label="", metric=JOBS, figure=Figure.LEVEL, by="queue", where={"state": ("active",)}),),
        ),
        Chart(
            name="task_ends", title="Tasks by how they ended", unit="per second",
            lines=(
                ChartLine(label="done", metric=DURATION, figure=Figure.RATE, where=DONE),
                ChartLine(label="to be repeated", metric=DURATION, figure=Figure.RATE, where=REPEATED),
                ChartLine(label="failed", metric=DURATION, figure=Figure.RATE, where=LOST),
            ),
        ),
        Chart(
            name="task_times", title="Duration of tasks, 95 of 100 below", unit="seconds",
            lines=(ChartLine(label="", metric=DURATION, figure=Figure.P95, by="task"),),
        ),
        Chart(
            name="import_rows", title="Rows of imports", unit="per second",
            lines=(ChartLine(label="", metric="import_rows_total", figure=Figure.RATE, by="result"),),
        ),
        Chart(
            name="replies", title="Replies of the assistant", unit="per second",
            lines=(ChartLine(label="", metric="assistant_replies_total", figure=Figure.RATE, by="outcome"),),
        ),
        Chart(
            name="first_token", title="First words of a reply", unit="seconds",
            lines=(
                ChartLine(label="median", metric="assistant_first_token_seconds", figure=Figure.P50),
                ChartLine(label="95%", metric="assistant_first_token_seconds", figure=Figure.P95),
            ),
        ),
        Chart(
            name="tokens", title="Tokens of the assistant", unit="per second",
            lines=(ChartLine(label="", metric="assistant_tokens_total", figure=Figure.RATE, by="kind"),),
        ),
    ),
    tables=(TableSource(name="tasks", title="Tasks", make=tasks),),
)  # fmt: skip
