"""Web vitals by page, and single visits that were poor: each leads to the trace of its request."""

from collections import defaultdict
from datetime import UTC, datetime
from itertools import starmap

from apps.monitoring.browser.rating import rating
from apps.monitoring.models import PageMeasurement, TraceSegment
from apps.monitoring.pages.address import trace_path
from apps.monitoring.pages.period import Period
from apps.monitoring.pages.table import CODE, TIME, WORD, Cell, Column, Table
from apps.monitoring.pages.totals import Totals
from apps.monitoring.snapshots.track import Point

PAGES = "page_vitals"
JUDGED = 0.75
SHOWN = 50
TIMES = ("LCP", "INP", "TTFB")
MEASURED = (*(Column(title=name, unit="seconds") for name in TIMES), Column(title="CLS", unit=""))
COLUMNS = (Column(title="Page", unit=CODE), Column(title="Visits", unit=""), *MEASURED)
POOR_COLUMNS = (
    Column(title="When", unit=TIME),
    Column(title="Page", unit=CODE),
    Column(title="Reached by", unit=WORD),
    *MEASURED,
)


def vitals(period: Period) -> Table:
    """Return the pages, the most visited first."""
    found: dict[str, dict[str, Point]] = defaultdict(dict)
    for (route, name), point in Totals(period.window).by(PAGES, "route", "name"):
        found[route][name] = point
    rows = [_row(route, told) for route, told in found.items()]
    rows.sort(key=lambda row: -float(row[1].value or 0))  # type: ignore[arg-type]
    return Table(columns=COLUMNS, rows=rows, empty="No browser told of a page in this time.")


def poor_pages(period: Period) -> Table:
    """Return the latest visits one of whose vitals was poor, with the trace where it is kept. Two queries."""
    begin = datetime.fromtimestamp(period.window.start, UTC)
    found = list(PageMeasurement.objects.filter(at__gte=begin).order_by("-at")[:SHOWN])
    traces = TraceSegment.objects.filter(trace_id__in={one.trace_id for one in found if one.trace_id})
    kept = set(traces.values_list("trace_id", flat=True))
    rows = [_visit(one, is_kept=one.trace_id in kept) for one in found]
    return Table(columns=POOR_COLUMNS, rows=rows, empty="No visit was poor in this time.")


def _row(route: str, told: dict[str, Point]) -> list[Cell]:
    values = [told[name].quantile(JUDGED) if name in told else None for name in (*TIMES, "CLS")]
    visits = max(point.count for point in told.values())
    return [Cell(value=route), Cell(value=visits), *(Cell(value=value) for value in values)]


def _visit(one: PageMeasurement, *, is_kept: bool) -> list[Cell]:
    link = trace_path(one.trace_id) if is_kept else ""
    values = zip((*TIMES, "CLS"), (one.lcp, one.inp, one.ttfb, one.cls), strict=True)
    return [Cell(value=one.at, link=link), Cell(value=one.route), Cell(value=one.kind), *starmap(_cell, values)]


def _cell(name: str, value: float | None) -> Cell:
    return Cell(value=value, tone="bad" if value is not None and rating(name, value) == "poor" else "")
