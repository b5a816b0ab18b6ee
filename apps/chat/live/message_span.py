"""A socket's message as a short trace of its own: a socket stays open for days, which no trace should."""

from contextlib import AbstractContextManager

from opentelemetry.context import Context
from opentelemetry.propagate import extract
from opentelemetry.trace import Link, Span, SpanKind, get_current_span, get_tracer

from apps.chat.live.requests import Request

UNTRACED = frozenset({"ping", "typing"})
SEGMENT = {"perfsite.segment": "message"}
_tracer = get_tracer(__name__)


def message_span(request: Request) -> AbstractContextManager[Span]:
    """Return the span, current within the block; linked to the page's trace where the message names it."""
    page = get_current_span(extract({"traceparent": request.traceparent or ""}, Context())).get_span_context()
    return _tracer.start_as_current_span(
        f"socket {request.kind}",
        context=Context(),
        kind=SpanKind.CONSUMER,
        attributes=SEGMENT,
        links=[Link(page)] if page.is_valid else None,
    )
