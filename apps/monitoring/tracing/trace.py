"""A trace as far as this process has a part in it, while that lasts: a bounded number of spans, no locks.

Most are forgotten at their end. That any may turn out to be slow or to fail is why all of them note their spans.
"""

from random import getrandbits
from typing import TYPE_CHECKING
from weakref import WeakSet

from opentelemetry.trace import SpanContext, TraceFlags

if TYPE_CHECKING:
    from apps.monitoring.tracing.span import Span

SPANS_MOST = 100  # of one trace; more are counted
TRACES_MOST = 100  # that hold spans at the same time: with the spans of each, 8 MB
SAMPLED, RECORDED = TraceFlags(TraceFlags.SAMPLED), TraceFlags(TraceFlags.DEFAULT)
_holding: "WeakSet[Trace]" = WeakSet()


class Late:
    """Counts what came too late for its trace, or found no room. Several threads add; what they lose is a few."""

    spans = 0


class Trace:
    """`id` is its name everywhere, `root_id` this process's first span, `parent_id` whoever asked for it, or 0.

    `name` is what is being done where it is no request, `user_id` whoever it is done for.
    """

    __slots__ = ("__weakref__", "dropped", "ended", "id", "is_chosen", "parent_id", "request_id", "root_id", "spans")
    name: str = ""
    user_id: int | None = None

    def __init__(self, trace_id: str, parent_id: int, *, is_chosen: bool, request_id: str = "") -> None:
        self.id, self.parent_id, self.root_id = trace_id, parent_id, getrandbits(64) or 1
        self.is_chosen, self.request_id = is_chosen, request_id
        self.spans: list[Span] | None = None
        self.dropped = self.ended = 0

    def add(self, span: "Span") -> None:
        """Take a span that is over. One that began in time and ends after the trace is too late, and counted."""
        if self.ended:
            Late.spans += span.start <= self.ended
        elif self.spans is None:
            self._begin_with(span)
        elif len(self.spans) < SPANS_MOST:
            self.spans.append(span)
        else:
            self.dropped += 1

    def close(self, ended: int) -> None:
        """Take no more spans; the time is nanoseconds since 1970."""
        self.ended = ended
        if self.spans is not None or self.dropped:
            _holding.discard(self)
            Late.spans += self.dropped

    def traceparent(self) -> str:
        """Return the header by which others go on with the trace (W3C Trace Context)."""
        return f"00-{self.id}-{self.root_id:016x}-{'01' if self.is_chosen else '00'}"

    def context(self, span_id: int) -> SpanContext:
        """Return what the OpenTelemetry API calls a span by."""
        flags = SAMPLED if self.is_chosen else RECORDED
        return SpanContext(int(self.id, 16), span_id, is_remote=False, trace_flags=flags)

    def _begin_with(self, span: "Span") -> None:
        if len(_holding) < TRACES_MOST:
            self.spans = [span]
            _holding.add(self)
        else:
            self.dropped += 1


class WorkTrace(Trace):
    """The same, of what is no request."""

    __slots__ = ("name", "user_id")

    def __init__(self, trace_id: str, parent_id: int, *, is_chosen: bool) -> None:
        super().__init__(trace_id, parent_id, is_chosen=is_chosen)
        self.name: str = ""
        self.user_id: int | None = None
