"""The dependencies: how each breaker stands now, and how calls went in the time shown."""

from collections import Counter, defaultdict

from django.urls import reverse

from apps.monitoring.charts.chart import Where
from apps.monitoring.pages.content.share import share
from apps.monitoring.pages.period import Period
from apps.monitoring.pages.table import STATE, WORD, Cell, Column, Table
from apps.monitoring.pages.totals import ALL, Totals
from apps.resilience.overview import Standing, is_alone, standings

CALLS = "circuit_breaker_calls_total"
MADE = {"result": ("made",)}  # those that the budget refused were none
TONES = {"closed": "good", "open": "bad", "forced-open": "bad"}
COLUMNS = (
    Column(title="Dependency", unit=WORD),
    Column(title="Breaker", unit=STATE),
    Column(title="Processes", unit=""),
    Column(title="Calls", unit=""),
    Column(title="Failed", unit="share"),
    Column(title="Rejected", unit=""),
    Column(title="Retries", unit=""),
    Column(title="Fallbacks", unit=""),
)
ALONE = "Redis does not answer: this is what one process knows."


def dependencies(period: Period) -> Table:
    """Return the dependencies by name. Asks Redis, where there is one; blocks for it."""
    totals = Totals(period.window)
    calls: dict[str, Counter[str]] = defaultdict(Counter)
    for (name, outcome), point in totals.by(CALLS, "name", "outcome"):
        calls[name][outcome] += int(point.total)
    retries, fallbacks = _counted(totals, "retries_total", MADE), _counted(totals, "fallbacks_total")
    rows = [_row(one, calls[one.name], retries[one.name], fallbacks[one.name]) for one in standings()]
    return Table(columns=COLUMNS, rows=rows, note=ALONE if is_alone() else "")


def _counted(totals: Totals, metric: str, where: Where = ALL) -> Counter[str]:
    return Counter({name: int(point.total) for (name,), point in totals.by(metric, "name", where=where)})


def _row(one: Standing, calls: Counter[str], retries: int, fallbacks: int) -> list[Cell]:
    ended = calls["success"] + calls["failure"]
    return [
        Cell(value=one.title, link=reverse("admin:resilience_dependency_change", args=(one.name,))),
        Cell(value=one.state, tone=TONES.get(one.state, "warn")),
        Cell(value=len(one.processes)),
        Cell(value=ended),
        Cell(value=share(calls["failure"], ended)),
        Cell(value=calls["rejected"]),
        Cell(value=retries),
        Cell(value=fallbacks),
    ]
