"""Kept traces as others see them: for the pages and for commands."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentRecord:
    """One process's part of a trace, without its spans. `why` is sampled, slow or failed; `status` 0 where none was."""

    trace_id: str
    span_id: str
    parent_id: str
    process: str
    kind: str
    name: str
    route: str
    status: int
    started_at: datetime
    seconds: float
    is_error: bool
    why: str
    request_id: str
    account: int | None
    dropped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanRecord:
    """A bar of the waterfall: `offset_seconds` is from the trace's begin, `depth` its distance from the root.

    `kind` is server, client, internal, producer or consumer; `details` are what is known of it, scrubbed.
    `events` are (seconds from the trace's begin, name, details); `links` are ids of other traces.
    """

    span_id: str
    parent_id: str
    process: str
    name: str
    kind: str
    offset_seconds: float
    seconds: float
    depth: int
    is_error: bool
    details: tuple[tuple[str, str], ...]
    events: tuple[tuple[float, str, tuple[tuple[str, str], ...]], ...]
    links: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceRecord:
    """All that is kept of a trace. `spans` are in the order of a waterfall: a parent, then its children by begin."""

    trace_id: str
    started_at: datetime
    seconds: float
    is_error: bool
    dropped: int
    segments: tuple[SegmentRecord, ...]
    spans: tuple[SpanRecord, ...]
