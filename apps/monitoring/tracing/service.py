"""What is asked of kept traces: one with all its spans, and the latest by what they are."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime

from apps.monitoring.models import TraceSegment
from apps.monitoring.tracing.records import SegmentRecord, SpanRecord, TraceRecord
from apps.monitoring.tracing.stored import Details, StoredSpan, unpacked

SEGMENTS_MOST = 200  # of one trace: a page that stays open for days goes on and on
LIMIT_MOST = 1_000
FIELDS = tuple(SegmentRecord.__dataclass_fields__)
BILLION = 1_000_000_000
Placed = tuple[str, StoredSpan]


def trace(*, trace_id: str) -> TraceRecord | None:
    """Return all that is kept of a trace, None where nothing is. One query."""
    rows = list(TraceSegment.objects.filter(trace_id=trace_id.lower()).order_by("started_at", "pk")[:SEGMENTS_MOST])
    if not rows:
        return None
    placed = [(row.process, span) for row in rows for span in unpacked(bytes(row.spans))]
    begin = min(span.start for _, span in placed)
    return TraceRecord(
        trace_id=rows[0].trace_id,
        started_at=rows[0].started_at,
        seconds=(max(span.end for _, span in placed) - begin) / BILLION,
        is_error=any(row.is_error for row in rows),
        dropped=sum(row.dropped for row in rows),
        segments=tuple(map(_segment, rows)),
        spans=tuple(_waterfall(placed, begin)),
    )


def recent(
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    kind: str = "",
    route: str = "",
    why: str = "",
    is_error: bool | None = None,
    at_least_seconds: float = 0.0,
    request_id: str = "",
    limit: int = 100,
) -> list[SegmentRecord]:
    """Return the latest segments that fit, newest first; what is empty or None does not matter. One query."""
    rows = TraceSegment.objects.defer("spans").order_by("-started_at", "-pk")
    wanted = {
        "started_at__gte": since,
        "started_at__lt": until,
        "kind": kind or None,
        "route": route or None,
        "why": why or None,
        "is_error": is_error,
        "seconds__gte": at_least_seconds or None,
        "request_id": request_id or None,
    }
    rows = rows.filter(**{name: value for name, value in wanted.items() if value is not None})
    return list(map(_segment, rows[: min(limit, LIMIT_MOST)]))


def _segment(row: TraceSegment) -> SegmentRecord:
    return SegmentRecord(**{name: getattr(row, name) for name in FIELDS})


def _waterfall(placed: list[Placed], begin: int) -> Iterator[SpanRecord]:
    """Yield parents before their children; a span whose parent is not kept stands at the edge."""
    known = {span.span_id for _, span in placed}
    children: dict[int, list[Placed]] = defaultdict(list)
    for one in sorted(placed, key=lambda one: one[1].start):
        parent = one[1].parent_id
        children[parent if parent in known and parent != one[1].span_id else 0].append(one)
    waiting = [(0, one) for one in reversed(children.pop(0, []))]
    while waiting:
        depth, (process, span) = waiting.pop()
        yield _span(process, span, begin, depth)
        waiting += [(depth + 1, one) for one in reversed(children.pop(span.span_id, []))]


def _span(process: str, span: StoredSpan, begin: int, depth: int) -> SpanRecord:
    return SpanRecord(
        span_id=f"{span.span_id:016x}",
        parent_id=f"{span.parent_id:016x}" if span.parent_id else "",
        process=process,
        name=span.name,
        kind=span.kind,
        offset_seconds=(span.start - begin) / BILLION,
        seconds=(span.end - span.start) / BILLION,
        depth=depth,
        is_error=span.is_error,
        details=_shown(span.details),
        events=tuple(((at - begin) / BILLION, name, _shown(details)) for at, name, details in span.events),
        links=tuple(trace_id for trace_id, _ in span.links),
    )


def _shown(details: Details | Iterable[tuple[str, object]]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, str(value)) for name, value in dict(details).items()))
