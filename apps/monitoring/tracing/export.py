"""Kept traces to a collector, by OpenTelemetry's own exporters, in a thread of its own and through a pipeline.

A collector that is down costs its breaker a few calls, and the spans: nothing waits for it.
"""

import logging
from threading import Thread
from typing import TYPE_CHECKING, Any

from django.conf import settings

from apps.monitoring.tracing.backlog import Backlog
from apps.monitoring.tracing.keeping import Kept
from apps.monitoring.tracing.segment import spans_of
from apps.monitoring.tracing.stored import StoredSpan
from apps.resilience.pipeline import pipeline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.export import SpanExporter

logger = logging.getLogger(__name__)
PAUSE_SECONDS = 0.5
BATCH_SPANS = 512
STOP_SECONDS = 2.0


class ExportError(Exception):
    """The collector did not take the spans."""


class TraceExporter:
    """What the collector does not take is dropped and counted."""

    def __init__(self, process: str) -> None:
        self.backlog = Backlog()
        self.sent = 0
        self._process = process
        self._is_failing = False
        self._exporter: SpanExporter | None = None
        self._thread = Thread(target=self._run, name="otlp", daemon=True)

    def start(self) -> None:
        """Begin; does not block."""
        self._thread.start()

    def stop(self) -> None:
        """Send what waits and end; blocks for two seconds at most."""
        self.backlog.close()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        while (taken := self.backlog.take(PAUSE_SECONDS, BATCH_SPANS)) is not None:
            if taken:
                self._send(taken)
        if self._exporter is not None:
            self._exporter.shutdown()

    def _send(self, taken: list[Kept]) -> None:
        size = sum(one.size for one in taken)
        try:
            pipeline("otlp").call(self._export, taken)
            self.sent += size
            self._is_failing = False
        except Exception as error:  # noqa: BLE001  (what cannot be sent is counted, and the next batch may be)
            self.backlog.lose(size)
            if not self._is_failing:
                logger.warning("The collector of traces takes nothing: %s", type(error).__name__)
            self._is_failing = True

    def _export(self, taken: list[Kept]) -> None:
        # The SDK weighs 10 MB, which a site without a collector is spared.
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace.export import SpanExportResult

        if self._exporter is None:
            self._exporter = exporter()
        told = Resource({**settings.OTEL_RESOURCE, "service.instance.id": self._process})
        spans = [span for kept in taken for span in readable(kept, told)]
        if self._exporter.export(spans) is not SpanExportResult.SUCCESS:
            raise ExportError


def exporter() -> "SpanExporter":
    """Return the exporter that the settings ask for."""
    otlp: Any = settings.OTLP
    if otlp.protocol == "grpc":
        return _grpc(otlp)
    # Each protocol's exporter is imported only where it is the one.
    from opentelemetry.exporter.otlp.proto.http import Compression
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return OTLPSpanExporter(
        endpoint=otlp.endpoint,
        headers=otlp.headers,
        timeout=otlp.timeout_seconds,
        compression=Compression(otlp.compression),
        certificate_file=otlp.certificate or None,
    )


def _grpc(otlp: Any) -> "SpanExporter":
    # As above: gRPC is another 10 MB.
    from pathlib import Path

    from grpc import Compression, ssl_channel_credentials
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

    credentials = ssl_channel_credentials(Path(otlp.certificate).read_bytes()) if otlp.certificate else None
    return OTLPSpanExporter(
        endpoint=otlp.endpoint,
        insecure=otlp.endpoint.startswith("http:"),
        credentials=credentials,
        headers=otlp.headers,
        timeout=otlp.timeout_seconds,
        compression=Compression.Gzip if otlp.compression == "gzip" else Compression.NoCompression,
    )


def readable(kept: Kept, resource: "Resource") -> "Iterator[ReadableSpan]":
    """Yield a segment's spans as the SDK has them."""
    trace_id = int(kept.trace.id, 16)
    for span in spans_of(kept):
        yield _readable(span, trace_id, resource, is_root=span.span_id == kept.trace.root_id)


def _readable(span: StoredSpan, trace_id: int, resource: "Resource", *, is_root: bool) -> "ReadableSpan":
    # As above.
    from opentelemetry.sdk.trace import Event, ReadableSpan
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope
    from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

    def context(number: int, span_id: int, *, is_remote: bool = False) -> Any:
        return SpanContext(number, span_id, is_remote=is_remote, trace_flags=TraceFlags(TraceFlags.SAMPLED))

    return ReadableSpan(
        name=span.name,
        context=context(trace_id, span.span_id),
        parent=context(trace_id, span.parent_id, is_remote=is_root) if span.parent_id else None,
        resource=resource,
        attributes=span.details,
        events=[Event(name, details, at) for at, name, details in span.events],
        links=[Link(context(int(other, 16), span_id, is_remote=True)) for other, span_id in span.links],
        kind=SpanKind[span.kind.upper()],
        status=Status(StatusCode.ERROR if span.is_error else StatusCode.UNSET),
        start_time=span.start,
        end_time=span.end,
        instrumentation_scope=InstrumentationScope("perfsite", settings.VERSION),
    )
