"""Alerts: what is broken now, what was, and how the site's health stands."""

from django.urls import reverse

from apps.monitoring.alerts.record import AlertRecord
from apps.monitoring.alerts.service import alerts
from apps.monitoring.health.current import health
from apps.monitoring.health.finding import Finding, Result
from apps.monitoring.health.report import Report
from apps.monitoring.health.status import Status
from apps.monitoring.pages.content.content import Content, KeyFigure
from apps.monitoring.pages.period import Period
from apps.monitoring.pages.table import STATE, TIME, WORD, Cell, Column, Table, TableSource
from apps.monitoring.pages.unit import digits, written
from apps.monitoring.slo.definitions import OBJECTIVES
from apps.monitoring.slo.standing import Standing, standing
from apps.monitoring.snapshots.window import Window

SHOWN = 100
TONES = {Status.PASS: "good", Status.WARN: "warn", Status.FAIL: "bad"}
COLUMNS = (
    Column(title="Rule", unit=WORD),
    Column(title="State", unit=STATE),
    Column(title="What"),
    Column(title="Since", unit=TIME),
    Column(title="Resolved", unit=TIME),
    Column(title="Silent until", unit=TIME),
    Column(title="Seen to by", unit=WORD),
)
HEALTH_COLUMNS = (
    Column(title="Check", unit=WORD),
    Column(title="Status", unit=STATE),
    Column(title="What is wrong"),
    Column(title="Measured"),
)
PROMISE_COLUMNS = (
    Column(title="Promise"),
    Column(title="Promised", unit="share"),
    Column(title="Kept", unit="share"),
    Column(title="Bad", unit=""),
    Column(title="Of all", unit=""),
    Column(title="Budget", unit=STATE),
)
# The units of checks as those of figures.
UNITS = {"bytes": ("bytes", 1), "s": ("seconds", 1), "ms": ("seconds", 1e-3), "%": ("share", 1e-2)}
ADMIN = "admin:monitoring_alert_change"


def figures(_window: Window) -> list[KeyFigure]:
    """Return how many alerts are open, and how the site is."""
    return [*open_alerts(), wellbeing()]


def open_alerts() -> list[KeyFigure]:
    """Return the number of open alerts as a figure. One query."""
    number = len(alerts())
    link = reverse("performance", args=("alerts",))
    tone = "bad" if number else "good"
    return [KeyFigure(title="Open alerts", value=number, tone=tone, link=link, is_of_now=True)]


def wellbeing() -> KeyFigure:
    """Return the site's health in a word. Blocks for a look at most."""
    link = reverse("performance", args=("alerts",))
    report = looked()
    if report is None:
        return KeyFigure(title="Health", value="unknown", note="nobody could look", link=link, is_of_now=True)
    status = report.status
    return KeyFigure(title="Health", value=status.value, tone=TONES[status], link=link, is_of_now=True)


def looked() -> Report | None:
    """Return how the site is; None where nobody can look. Blocks for a look at most."""
    try:
        return health().report() if health().is_begun else None
    except TimeoutError:
        return None


def raised(_period: Period) -> Table:
    """Return the alerts that are open, the latest first."""
    return Table(columns=COLUMNS, rows=[_row(one) for one in alerts()], empty="No alert is open.")


def earlier(_period: Period) -> Table:
    """Return the alerts that are over, the latest first."""
    over = [one for one in alerts(open_only=False, limit=SHOWN) if one.resolved_at]
    return Table(columns=COLUMNS, rows=[_row(one) for one in over], empty="No alert was ever raised.")


def checks(_period: Period) -> Table:
    """Return what each check found when it last looked. Blocks for a look at most."""
    report = looked()
    rows = [_checked(one) for one in report.results] if report else []
    return Table(columns=HEALTH_COLUMNS, rows=rows, empty="Nobody could look just now.")


def promises(period: Period) -> Table:
    """Return how each promise was kept in the time shown, and whether its budget lasts at this speed."""
    found = [standing(objective, period.window) for objective in OBJECTIVES]
    return Table(columns=PROMISE_COLUMNS, rows=[_promise(one) for one in found])


def _promise(one: Standing) -> list[Cell]:
    kept = 1 - one.bad_share if one.total else None
    is_kept = one.speed <= 1
    word = "kept" if is_kept else f"burns {digits(one.speed)} times too fast" if one.objective.budget else "broken"
    return [
        Cell(value=one.objective.title),
        Cell(value=one.objective.share),
        Cell(value=kept),
        Cell(value=one.bad),
        Cell(value=one.total),
        Cell(value=word if one.total else None, tone="good" if is_kept else "bad"),
    ]


def _row(one: AlertRecord) -> list[Cell]:
    return [
        Cell(value=f"{one.rule} {one.key}".strip(), link=reverse(ADMIN, args=(one.id,))),
        Cell(value=one.state, tone="good" if one.resolved_at else "bad"),
        Cell(value=one.output),
        Cell(value=one.since),
        Cell(value=one.resolved_at),
        Cell(value=one.silenced_until),
        Cell(value=one.acknowledged_by),
    ]


def _checked(one: Result) -> list[Cell]:
    measured = ", ".join(_measured(finding) for finding in one.findings if finding.value is not None)
    return [
        Cell(value=one.name),
        Cell(value=one.status.value, tone=TONES[one.status]),
        Cell(value=one.output),
        Cell(value=measured),
    ]


def _measured(one: Finding) -> str:
    if one.unit not in UNITS or not isinstance(one.value, int | float):
        return f"{one.measurement} {one.value} {one.unit}".strip()
    name, times = UNITS[one.unit]
    return f"{one.measurement} {written(one.value * times, name)}"


CONTENT = Content(
    figures=figures,
    charts=(),
    tables=(
        TableSource(name="open", title="Open alerts", make=raised),
        TableSource(name="health", title="Health", make=checks),
        TableSource(name="promises", title="Promises", make=promises),
        TableSource(name="earlier", title="Earlier alerts", make=earlier),
    ),
)
