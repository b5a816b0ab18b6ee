"""A trace as a waterfall: where each bar begins, and how long it is, in thousandths of the whole."""

from dataclasses import dataclass

from apps.monitoring.privacy.details import STATEMENT
from apps.monitoring.tracing.records import SpanRecord, TraceRecord

WHOLE = 1000.0
LEAST = 2.0  # a bar that can be seen
DEPTH_MOST = 12  # deeper ones are not moved further to the right


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One span with its place."""

    span: SpanRecord
    x: float
    width: float
    depth: int

    @property
    def statement(self) -> str:
        """What the database was asked; empty for another span."""
        return dict(self.span.details).get(STATEMENT, "")


def bars(trace: TraceRecord) -> list[Bar]:
    """Return the bars in the order of the spans."""
    seconds = trace.seconds or 1e-9
    return [_bar(span, seconds) for span in trace.spans]


def _bar(span: SpanRecord, seconds: float) -> Bar:
    width = max(LEAST, min(WHOLE, WHOLE * span.seconds / seconds))
    x = min(WHOLE * span.offset_seconds / seconds, WHOLE - width)
    return Bar(span=span, x=round(max(0.0, x), 1), width=round(width, 1), depth=min(span.depth, DEPTH_MOST))
