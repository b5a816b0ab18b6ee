"""A collector of traces: takes OTLP by gRPC and by HTTP as any does, and keeps what it was sent."""

import gzip
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import (
    TraceServiceServicer,
    add_TraceServiceServicer_to_server,
)

from tests.servers.deadline import eventually


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A span as it came; `process` is who sent it."""

    trace_id: str
    span_id: str
    parent_id: str
    name: str
    kind: int
    seconds: float
    is_error: bool
    details: dict[str, str]
    links: tuple[str, ...]
    process: str
    way: str


class Collector(TraceServiceServicer):  # type: ignore[misc]  # generated code has no types
    """Both of its servers, and all that came; `data` are the bytes."""

    def __init__(self) -> None:
        self.grpc_port = self.http_port = 0
        self.data: list[tuple[str, bytes]] = []

    @property
    def grpc(self) -> dict[str, str]:
        """The variables that have a site send by gRPC."""
        return {
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{self.grpc_port}",
            "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
        }

    @property
    def http(self) -> dict[str, str]:
        """The variables that have a site send by HTTP."""
        return {
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{self.http_port}",
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        }

    def Export(self, request: Any, context: Any) -> Any:  # noqa: N802  (gRPC's name)
        """Take spans by gRPC."""
        self.data.append(("grpc", request.SerializeToString()))
        return ExportTraceServiceResponse()

    def spans(self, trace_id: str = "") -> list[Received]:
        """Return the spans that came, of all traces or of one."""
        found = [span for way, data in list(self.data) for span in received(way, data)]
        return [span for span in found if not trace_id or span.trace_id == trace_id]

    def until(self, condition: Callable[[list[Received]], object], trace_id: str = "") -> list[Received]:
        """Return the spans once they fulfil the condition. Blocks."""
        try:
            eventually(lambda: condition(self.spans(trace_id)), what="the spans")
        except TimeoutError as error:
            error.add_note(str([(span.process, span.kind, span.name) for span in self.spans(trace_id)]))
            raise
        return self.spans(trace_id)


def received(way: str, data: bytes) -> Iterator[Received]:
    """Yield the spans of one request."""
    for group in ExportTraceServiceRequest.FromString(data).resource_spans:
        resource = {one.key: one.value.string_value for one in group.resource.attributes}
        for scope in group.scope_spans:
            for span in scope.spans:
                yield Received(
                    trace_id=span.trace_id.hex(),
                    span_id=span.span_id.hex(),
                    parent_id=span.parent_span_id.hex(),
                    name=span.name,
                    kind=span.kind,
                    seconds=(span.end_time_unix_nano - span.start_time_unix_nano) / 1e9,
                    is_error=span.status.code == 2,
                    details={one.key: str(one.value) for one in span.attributes},
                    links=tuple(link.trace_id.hex() for link in span.links),
                    process=resource["service.instance.id"],
                    way=way,
                )


@contextmanager
def running_collector() -> Iterator[Collector]:
    """Yield a collector on two free ports."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            data = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                data = gzip.decompress(data)
            is_right = self.path == "/v1/traces" and self.headers["Content-Type"] == "application/x-protobuf"
            if is_right:
                collector.data.append(("http", data))
            self.send_response(200 if is_right else 400)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    by_grpc = grpc.server(ThreadPoolExecutor(4))
    add_TraceServiceServicer_to_server(collector, by_grpc)
    collector.grpc_port = by_grpc.add_insecure_port("127.0.0.1:0")
    by_grpc.start()
    by_http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    collector.http_port = by_http.server_address[1]
    thread = Thread(target=by_http.serve_forever)
    thread.start()
    try:
        yield collector
    finally:
        by_grpc.stop(None).wait(5)
        by_http.shutdown()
        thread.join(5)
        by_http.server_close()
