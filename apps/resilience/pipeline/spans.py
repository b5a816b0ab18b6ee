"""Each attempt as a span, by the OpenTelemetry API: it costs a microsecond where nobody traces."""

from collections.abc import Callable
from typing import Any

from opentelemetry.trace import Span, SpanKind, StatusCode, get_tracer, use_span

from apps.resilience.pipeline.steps import AsyncStep, Step

DETAIL = "resilience.pipeline"
_tracer = get_tracer(__name__)


def attempt_span(name: str) -> Span:
    """Return the span of an attempt, under way; as a context it ends with the block, and notes its error."""
    return _tracer.start_span(name, kind=SpanKind.CLIENT, attributes={DETAIL: name})


def current(span: Span) -> Any:
    """Return a context in which the span is the parent of others; it goes on after it."""
    return use_span(span, record_exception=False, set_status_on_exception=False)


def with_span(inner: Step, name: str) -> Step:
    """Note the attempt. It is nobody's parent: what the thread calls of itself is told by others."""

    def step(func: Callable[..., Any], args: Any, names: Any) -> Any:
        span = attempt_span(name)
        try:
            return inner(func, args, names)
        except Exception as error:  # raised again: it is noted first
            span.record_exception(error)
            span.set_status(StatusCode.ERROR)
            raise
        finally:
            span.end()

    return step


def with_span_async(inner: AsyncStep, name: str) -> AsyncStep:
    """As `with_span`; it is the parent of what is called, which may send its name along."""

    async def step(func: Callable[..., Any], args: Any, names: Any) -> Any:
        with use_span(attempt_span(name), end_on_exit=True):
            return await inner(func, args, names)

    return step
