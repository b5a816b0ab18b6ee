"""OpenTelemetry's instrumentation of Django, for the requests that chance has chosen.

It costs more than all our own watching of a request together, so that the others pass beside it. The edge has begun
their trace: here it adds a span of its own, below the edge's.
"""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from opentelemetry.instrumentation.django import DjangoInstrumentor
from opentelemetry.instrumentation.django.middleware.otel_middleware import _DjangoMiddleware
from opentelemetry.trace import use_span

from apps.monitoring.tracing.tracer import root_of
from apps.monitoring.visit import Visit, current


class ChosenMiddleware(_DjangoMiddleware):
    """The instrumentation's own middleware, which does nothing for most requests."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        super().__init__(get_response)
        self._plain = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request."""
        visit = chosen()
        if visit is None:
            return self._plain(request)
        root = root_of(visit.trace, start=int(visit.at * 1e9))
        with use_span(root, end_on_exit=False, record_exception=False, set_status_on_exception=False):
            return super().__call__(request)  # type: ignore[no-any-return]

    def process_view(self, request: HttpRequest, *arguments: Any) -> None:
        """Have the route noted."""
        if chosen() is not None:
            super().process_view(request, *arguments)

    def process_exception(self, request: HttpRequest, error: Exception) -> None:
        """Have the error noted."""
        if chosen() is not None:
            super().process_exception(request, error)


class ChosenInstrumentor(DjangoInstrumentor):
    """Prepares the middleware, which stands in the settings already."""

    _opentelemetry_middleware = f"{ChosenMiddleware.__module__}.{ChosenMiddleware.__qualname__}"

    def _instrument(self, **options: Any) -> None:
        super()._instrument(**options)
        super()._uninstrument()  # takes out the second one, which it has just put in at the first place

    def _uninstrument(self, **_: Any) -> None:
        _DjangoMiddleware._tracer = None


def chosen() -> Visit | None:
    """Return the request under way where its trace was chosen by chance and the instrumentation is prepared."""
    visit = current.get()
    if visit is None or visit.trace is None or not visit.trace.is_chosen or ChosenMiddleware._tracer is None:
        return None
    return visit
