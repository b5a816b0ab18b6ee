"""The pages that are made of charts and tables, and their files."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from apps.monitoring.charts.chart import Chart
from apps.monitoring.charts.history import history
from apps.monitoring.events.listing import told
from apps.monitoring.pages.content import CONTENTS, Content
from apps.monitoring.pages.content.content import KeyFigure
from apps.monitoring.pages.download import as_csv
from apps.monitoring.pages.drawn import drawn, embedded
from apps.monitoring.pages.frame import framed
from apps.monitoring.pages.period import Period
from apps.monitoring.pages.rooms import room
from apps.monitoring.pages.staff import for_staff


@require_safe
@for_staff
def page(request: HttpRequest, *, slug: str = "") -> HttpResponse:
    """Show a page over the time that its address says."""
    content, period = _content_or_404(slug), Period.asked(request)
    shown, markers = drawn(content.drawable, period), told(search=period.during)
    return framed(
        request,
        "charts",
        here=room(slug),
        period=period,
        kept=period.kept,
        figures=_figures(content, period),
        charts=[(one, _file(slug, one.chart.name, request)) for one in shown],
        tables=[
            {"name": one.name, "title": one.title, "table": one.make(period), "file": _file(slug, one.name, request)}
            for one in content.tables
        ],
        markers=markers,
        embedded=embedded(shown, markers, period),
    )


@require_safe
@for_staff
def as_table(request: HttpRequest, *, name: str, slug: str = "") -> StreamingHttpResponse:
    """Send a table or a chart of a page as CSV."""
    content, period = _content_or_404(slug), Period.asked(request)
    source = content.table(name)
    if source is not None:
        table = source.make(period)
        return as_csv(name, table.head, table.plain)
    chart = next((one for one in content.drawable if one.name == name), None)
    if chart is None:
        raise Http404(f"The page has no {name}.")
    return _chart_as_csv(chart, period)


def _content_or_404(slug: str) -> Content:
    try:
        return CONTENTS[slug]
    except KeyError:
        raise Http404("There is no such page.") from None


def _figures(content: Content, period: Period) -> list[tuple[KeyFigure, KeyFigure | None]]:
    """Return the key figures, each with that of the period before where it is to be compared."""
    if content.figures is None:
        return []
    now = content.figures(period.window)
    before = content.figures(period.window.before()) if period.is_compared else [None] * len(now)
    return [(one, None if one.is_of_now else earlier) for one, earlier in zip(now, before, strict=True)]


def _file(slug: str, name: str, request: HttpRequest) -> str:
    path = (
        reverse("performance_file", args=(slug, name)) if slug else reverse("performance_overview_file", args=(name,))
    )
    query = request.GET.urlencode()
    return f"{path}?{query}" if query else path


def _chart_as_csv(chart: Chart, period: Period) -> StreamingHttpResponse:
    data = history(chart, period.window)

    def rows() -> Iterator[list[Any]]:
        for at, *values in zip(data.times, *(line.values for line in data.lines), strict=True):
            yield [datetime.fromtimestamp(at, UTC).isoformat(), *values]

    return as_csv(chart.name, ["time", *(f"{line.label} ({chart.unit})".strip() for line in data.lines)], rows())
