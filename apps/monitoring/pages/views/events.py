"""What happened: everything that explains why a figure went another way."""

from dataclasses import replace

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.views.decorators.http import require_safe

from apps.monitoring.events.listing import kinds, told
from apps.monitoring.events.told import Told
from apps.monitoring.pages.download import as_csv
from apps.monitoring.pages.frame import framed
from apps.monitoring.pages.period import Period
from apps.monitoring.pages.rooms import room
from apps.monitoring.pages.staff import for_staff

SHOWN, SENT = 200, 10_000


@require_safe
@for_staff
def events(request: HttpRequest) -> HttpResponse:
    """Show what happened in the time that the address says, the latest first."""
    period = Period.asked(request)
    return framed(
        request,
        "events",
        here=room("events"),
        period=period,
        kept=period.kept,
        events=_found(request, period, SHOWN),
        kinds=kinds(),
        kind=request.GET.get("kind", ""),
        text=request.GET.get("q", ""),
        shown=SHOWN,
        query=request.GET.urlencode(),
    )


@require_safe
@for_staff
def as_table(request: HttpRequest) -> StreamingHttpResponse:
    """Send them as CSV."""
    found = _found(request, Period.asked(request), SENT)
    head = ("at", "kind", "title", "detail", "actor", "link")
    rows = ([one.at.isoformat(), one.kind, one.title, one.detail, one.actor, one.link] for one in found)
    return as_csv("events", head, rows)


def _found(request: HttpRequest, period: Period, limit: int) -> list[Told]:
    search = replace(period.during, text=request.GET.get("q", "").strip()[:200])
    return told(search=search, kind=request.GET.get("kind", "")[:20], limit=limit)
