"""The site's application without its watching: no observer, no recorder, no wrapper. SAMPLED puts the peers' there."""

import os
from collections.abc import Sequence

from opentelemetry import trace
from opentelemetry.instrumentation.django import DjangoInstrumentor
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import TraceIdRatioBased


class Nowhere(SpanExporter):
    """Takes spans and sends none, so that no collector shares the processor."""

    def export(self, _spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Say that they were taken."""
        return SpanExportResult.SUCCESS


if share := os.environ.get("SAMPLED"):
    provider = TracerProvider(sampler=TraceIdRatioBased(float(share)))
    provider.add_span_processor(BatchSpanProcessor(Nowhere()))
    trace.set_tracer_provider(provider)
    DjangoInstrumentor().instrument()

from django.core.asgi import get_asgi_application  # noqa: E402  (after the instrumentation)

import perfsite.asgi as watched  # noqa: E402

application = watched.application
application._observer = None
application._services = [one for one in watched.services if one is not watched.monitoring]
stock = get_asgi_application()
