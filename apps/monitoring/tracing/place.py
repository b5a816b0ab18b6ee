"""Where in which trace the running code is."""

from opentelemetry.trace import get_current_span

from apps.monitoring.tracing.span import Span
from apps.monitoring.tracing.trace import Trace
from apps.monitoring.visit import current


def here() -> tuple[Trace, int] | None:
    """Return the trace and the span that is under way, None outside of any."""
    span = get_current_span()
    if isinstance(span, Span):
        return span.trace, span.id
    visit = current.get()
    if visit is None or visit.trace is None:
        return None
    return visit.trace, visit.trace.root_id
