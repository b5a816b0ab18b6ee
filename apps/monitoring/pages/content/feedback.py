"""What people said of pages."""

from datetime import UTC, datetime

from apps.monitoring.browser.feedback import Voices, voices
from apps.monitoring.pages.period import Period
from apps.monitoring.pages.table import CODE, Cell, Column, Table

COLUMNS = (
    Column(title="Route", unit=CODE),
    Column(title="Fast", unit=""),
    Column(title="Slow", unit=""),
    Column(title="Helpful", unit=""),
    Column(title="Not helpful", unit=""),
    Column(title="In words", unit=""),
)


def feedback(period: Period) -> Table:
    """Return what was said in the time shown, the loudest routes first. One query."""
    end = datetime.fromtimestamp(period.until, UTC) if period.until else datetime.now(UTC)
    found = voices(since=datetime.fromtimestamp(period.window.start, UTC), until=end)
    return Table(columns=COLUMNS, rows=[_row(one) for one in found], empty="Nobody said anything in this time.")


def _row(one: Voices) -> list[Cell]:
    said = (one.fast, one.slow, one.helpful, one.unhelpful, one.comments)
    return [Cell(value=one.route), *(Cell(value=number) for number in said)]
