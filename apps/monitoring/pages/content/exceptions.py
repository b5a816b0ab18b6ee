"""Exceptions that nobody caught, the same ones as one."""

from datetime import UTC, datetime

from apps.monitoring.models import ExceptionGroup  # noqa: A004  (of equal ones; Python's own is nothing that is stored)
from apps.monitoring.pages.address import traces_of
from apps.monitoring.pages.period import Period
from apps.monitoring.pages.table import CODE, TIME, Cell, Column, Table

SHOWN = 50
COLUMNS = (
    Column(title="Exception", unit=CODE),
    Column(title="Message"),
    Column(title="Place", unit=CODE),
    Column(title="Route", unit=CODE),
    Column(title="Times ever", unit=""),
    Column(title="First", unit=TIME),
    Column(title="Last", unit=TIME),
)


def exceptions(period: Period) -> Table:
    """Return those that came in the time shown, the latest first; they lead to the failed traces of their route."""
    begin = datetime.fromtimestamp(period.window.start, UTC)
    groups = ExceptionGroup.objects.filter(last_seen_at__gte=begin).order_by("-last_seen_at")[:SHOWN]
    return Table(columns=COLUMNS, rows=[_row(one, period) for one in groups], empty="No exception in this time.")


def _row(one: ExceptionGroup, period: Period) -> list[Cell]:
    return [
        Cell(value=one.type, link=traces_of(period, route=one.route, why="failed")),
        Cell(value=one.message),
        Cell(value=one.place),
        Cell(value=one.route),
        Cell(value=one.count),
        Cell(value=one.first_seen_at),
        Cell(value=one.last_seen_at),
    ]
