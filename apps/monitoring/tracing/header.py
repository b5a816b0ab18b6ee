"""The header `traceparent` (W3C Trace Context, level 2)."""

import re
from typing import NamedTuple

from opentelemetry.trace import SpanContext, TraceFlags

NAME = "traceparent"
_is_whole = re.compile(rb"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?").fullmatch
NO_TRACE, NO_SPAN, NO_VERSION, KNOWN = b"0" * 32, b"0" * 16, b"ff", b"00"


class Caller(NamedTuple):
    """Who asks: a span of another process. Whether its flag is believed is for others to say."""

    trace_id: str
    span_id: int
    is_flagged: bool

    @property
    def context(self) -> SpanContext:
        """What the OpenTelemetry API calls it by."""
        flags = TraceFlags(TraceFlags.SAMPLED if self.is_flagged else TraceFlags.DEFAULT)
        return SpanContext(int(self.trace_id, 16), self.span_id, is_remote=True, trace_flags=flags)


def caller_of(value: bytes) -> Caller | None:
    """Return who asks; None for a header that the standard has us ignore."""
    found = _is_whole(value)
    if found is None:
        return None
    version, trace_id, span_id, flags, rest = found.groups()
    if trace_id == NO_TRACE or span_id == NO_SPAN or version == NO_VERSION or (version == KNOWN and rest):
        return None
    return Caller(trace_id.decode(), int(span_id, 16), bool(int(flags, 16) & TraceFlags.SAMPLED))
