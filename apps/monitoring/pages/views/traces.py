"""Traces that were kept: found by what they are, and each as a waterfall."""

from collections.abc import Mapping

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from apps.monitoring.models import TraceSegment
from apps.monitoring.pages.fall import bars
from apps.monitoring.pages.frame import framed
from apps.monitoring.pages.period import Period
from apps.monitoring.pages.rooms import room
from apps.monitoring.pages.staff import for_staff
from apps.monitoring.policy.pages import PAGES
from apps.monitoring.tracing.records import SegmentRecord
from apps.monitoring.tracing.service import recent, trace
from apps.tuning.log import Search

SHOWN = 200
FILTERS = ("q", "route", "kind", "why", "least")
LEAST = {"100ms": 0.1, "1s": 1.0, "10s": 10.0}


@require_safe
@for_staff
def listed(request: HttpRequest) -> HttpResponse:
    """Show the latest traces that fit."""
    period = Period.asked(request)
    asked = {name: request.GET.get(name, "").strip()[:200] for name in FILTERS}
    return framed(
        request,
        "traces",
        here=room("traces"),
        period=period,
        kept=period.kept,
        found=_found(asked, period.during),
        asked=asked,
        choices={
            "kind": ("Kind", TraceSegment.Kind.values),
            "why": ("Kept because", TraceSegment.Why.values),
            "least": ("At least", list(LEAST)),
        },
        shown=SHOWN,
    )


@require_safe
@for_staff
def one_trace(request: HttpRequest, *, trace_id: str) -> HttpResponse:
    """Show one trace with its spans."""
    found = trace(trace_id=trace_id)
    if found is None:
        raise Http404("No such trace is kept.")
    address = PAGES.current.jaeger_url
    return framed(
        request,
        "trace",
        here=room("traces"),
        trace=found,
        bars=bars(found),
        jaeger=f"{address.rstrip('/')}/trace/{found.trace_id}" if address else "",
    )


def _found(asked: Mapping[str, str], during: Search) -> list[SegmentRecord]:
    return recent(
        since=during.since,
        until=during.until,
        kind=asked["kind"],
        route=asked["route"],
        why=asked["why"],
        at_least_seconds=LEAST.get(asked["least"], 0.0),
        request_id=asked["q"],
        limit=SHOWN,
    )
