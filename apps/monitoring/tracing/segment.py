"""A kept trace as it leaves the process: scrubbed, its spans as the database holds them. Made by takers' threads."""

from datetime import UTC, datetime

from apps.monitoring.models import TraceSegment
from apps.monitoring.privacy.details import cleaned
from apps.monitoring.privacy.scrub import scrubbed
from apps.monitoring.routes import route_of
from apps.monitoring.tracing.keeping import Kept
from apps.monitoring.tracing.span import Span
from apps.monitoring.tracing.stored import Details, StoredSpan, packed

NAME_CHARACTERS = 200
BILLION = 1_000_000_000


def spans_of(kept: Kept) -> list[StoredSpan]:
    """Return all spans of a segment, its first one first."""
    request_id = kept.trace.request_id
    spans = [_root_span(kept), *(_stored(span) for span in kept.trace.spans or ())]
    if request_id:
        for span in spans:
            span.details["perfsite.request_id"] = request_id
    return spans


def row_of(kept: Kept, process: str) -> TraceSegment:
    """Return the segment as a row that is not saved yet."""
    trace, visit, spans = kept.trace, kept.visit, spans_of(kept)
    return TraceSegment(
        trace_id=trace.id,
        span_id=f"{trace.root_id:016x}",
        parent_id=f"{trace.parent_id:016x}" if trace.parent_id else "",
        process=process,
        kind=kept.kind,
        name=spans[0].name[:NAME_CHARACTERS],
        route=route(kept)[:NAME_CHARACTERS],
        status=visit.status if visit else 0,
        started_at=datetime.fromtimestamp(kept.start / BILLION, UTC),
        seconds=(kept.end_ns - kept.start) / BILLION,
        is_error=kept.is_error,
        why=kept.why,
        request_id=trace.request_id,
        account=visit.user_id if visit else trace.user_id,
        spans=packed(spans),
        dropped=trace.dropped,
    )


def route(kept: Kept) -> str:
    """Return the route of a request; empty for what is none."""
    visit = kept.visit
    return "" if visit is None else visit.route or route_of(visit.path)


def _root_span(kept: Kept) -> StoredSpan:
    trace, visit = kept.trace, kept.visit
    if visit is None:
        assert kept.root is not None  # noqa: S101  (what is no request has a root)
        return _stored(kept.root)
    details: Details = {
        "http.request.method": visit.method,
        "http.route": route(kept),
        "http.response.status_code": visit.status,
        "http.response.body.size": visit.size,
    }
    if visit.level:
        details["cache.level"] = visit.level
    if visit.error is not None:
        details["exception.type"] = type(visit.error).__qualname__
    return StoredSpan(
        span_id=trace.root_id,
        parent_id=trace.parent_id,
        name=f"{visit.method} {route(kept)}",
        kind="server",
        start=kept.start,
        end=kept.end_ns,
        is_error=kept.is_error,
        details=details,
    )


def _stored(span: Span) -> StoredSpan:
    return StoredSpan(
        span_id=span.id,
        parent_id=span.parent_id,
        name=scrubbed(span.name[:NAME_CHARACTERS]),
        kind=span.kind.name.lower(),
        start=span.start,
        end=max(span.end_ns, span.start),
        is_error=span.is_error,
        details=cleaned(span.details),
        events=[(at, scrubbed(name[:NAME_CHARACTERS]), cleaned(details)) for at, name, details in span.events or ()],
        links=[(f"{link.trace_id:032x}", link.span_id) for link in span.links or ()],
    )
