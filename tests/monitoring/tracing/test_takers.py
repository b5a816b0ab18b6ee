"""Kept traces to the database and to a collector: what arrives, and what becomes of them when neither takes any."""

import socket
import time
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError
from django.db.models import QuerySet
from django.utils import timezone

from apps.monitoring.models import TraceSegment
from apps.monitoring.tracing.export import TraceExporter
from apps.monitoring.tracing.keeping import Keeping
from apps.monitoring.tracing.requests import RequestTraces
from apps.monitoring.tracing.sampling import Sampler
from apps.monitoring.tracing.service import recent, trace
from apps.monitoring.tracing.spans import query
from apps.monitoring.tracing.stored import StoredSpan, packed
from apps.monitoring.tracing.trace import SPANS_MOST, TRACES_MOST
from apps.monitoring.tracing.writer import TraceWriter
from apps.monitoring.visit import Visit, current
from apps.resilience.pipeline import pipeline
from perfsite.telemetry import Otlp
from tests.monitoring.tracing.conftest import Process
from tests.servers.collector import running_collector
from tests.servers.deadline import eventually

BILLION = 1_000_000_000
MEGABYTE = 1_000_000


def collector_at(port: int, protocol: str, seconds: float = 0.3) -> Otlp:
    path = "/v1/traces" if protocol != "grpc" else ""
    endpoint = f"http://127.0.0.1:{port}{path}"
    return Otlp(endpoint=endpoint, protocol=protocol, timeout_seconds=seconds, compression="gzip", certificate="")


@pytest.fixture
def exporter() -> Iterator[TraceExporter]:
    pipeline("otlp").breaker.close()
    made = TraceExporter("web:host:1")
    yield made
    made.stop()
    pipeline("otlp").breaker.close()


def observe(keeping: Keeping, requests: int, *, spans: int) -> float:
    """Have requests with spans begin and end, as the edge does; return the longest that one took."""
    traces, longest = RequestTraces(Sampler(), keeping), 0.0
    for _ in range(requests):
        began = time.thread_time()
        visit = Visit(method="GET", path="/api/conversations", request_id="0f" * 16, began=0.0, at=time.time())
        traces.begin(visit, {})
        token = current.set(visit)
        for number in range(spans):
            query(f"SELECT {number} FROM chat_message " + "x" * 300, 0.001, system="sqlite")
        current.reset(token)
        visit.status, visit.ended = 200, 0.01
        traces.end(visit)
        longest = max(longest, time.thread_time() - began)
    return longest


@pytest.mark.parametrize("protocol", ["grpc", "http/protobuf"])
def test_a_collector_gets_the_spans_by_either_protocol(
    process: Process, exporter: TraceExporter, settings: Any, protocol: str
) -> None:
    with running_collector() as collector:
        port = collector.grpc_port if protocol == "grpc" else collector.http_port
        settings.OTLP = collector_at(port, protocol, seconds=10)
        exporter.start()
        observe(Keeping(exporter.backlog), 3, spans=2)
        spans = collector.until(lambda found: len(found) == 9)
    assert {(span.process, span.way) for span in spans} == {("web:host:1", protocol.partition("/")[0])}
    assert sorted(span.name for span in spans) == ["GET api/conversations"] * 3 + ["SELECT"] * 6
    eventually(lambda: exporter.sent == 9)


@pytest.mark.parametrize("protocol", ["grpc", "http/protobuf"])
@pytest.mark.parametrize("is_silent", [False, True], ids=["refuses", "says nothing"])
def test_without_a_collector_requests_go_on_and_the_spans_are_dropped_and_counted(
    process: Process, exporter: TraceExporter, settings: Any, protocol: str, is_silent: bool
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        if not is_silent:
            server.close()
        settings.OTLP = collector_at(port, protocol)
        exporter.start()
        keeping = Keeping(exporter.backlog)
        observe(keeping, 20, spans=2)
        eventually(lambda: exporter.backlog.dropped == 60, what="the drops")
    assert exporter.sent == 0


def test_memory_is_bounded_while_nobody_takes_anything(process: Process, exporter: TraceExporter) -> None:
    writer = TraceWriter("web:host:1")
    keeping = Keeping(writer.backlog, exporter.backlog)
    traces = RequestTraces(Sampler(), keeping)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        observe(keeping, 400, spans=30)
        visits = [
            Visit(method="GET", path="/", request_id="0f" * 16, began=0.0, at=0.0) for _ in range(TRACES_MOST + 20)
        ]
        for visit in visits:
            traces.begin(visit, {})
            token = current.set(visit)
            for number in range(SPANS_MOST + 10):
                query(f"SELECT {number} FROM chat_message " + "x" * 300, 0.001, system="sqlite")
            current.reset(token)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 16 * MEGABYTE
    assert keeping.dropped() > 0
    for visit in visits:
        visit.trace.close(1)


@pytest.mark.django_db(transaction=True)
def test_the_database_gets_them_and_the_service_reads_them(process: Process) -> None:
    writer = TraceWriter("web:host:1")
    writer.start()
    observe(Keeping(writer.backlog), 2, spans=3)
    writer.stop()
    found = trace(trace_id="0F" * 16)
    assert found is not None
    assert [segment.process for segment in found.segments] == ["web:host:1"] * 2
    assert [(span.depth, span.kind) for span in found.spans] == [(0, "server"), *[(1, "client")] * 3] * 2
    assert trace(trace_id="ab" * 16) is None


@pytest.mark.django_db(transaction=True)
def test_a_database_that_takes_none_costs_the_spans_and_nothing_else(
    process: Process, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise DatabaseError("full")

    monkeypatch.setattr(QuerySet, "bulk_create", broken)
    writer = TraceWriter("web:host:1")
    writer.start()
    observe(Keeping(writer.backlog), 4, spans=1)
    eventually(lambda: writer.backlog.dropped == 8)
    writer.stop()
    assert caplog.text.count("Traces cannot be written") == 1


def segment(number: int, **fields: Any) -> TraceSegment:
    start = fields.pop("start", 0)
    spans = fields.pop("spans", [span(number, 0, start)])
    told = {"trace_id": f"{number:032x}", "span_id": f"{number:016x}", "process": "web:host:1", "kind": "request"}
    told |= {"name": "GET x", "seconds": 0.1, "is_error": False, "why": "sampled", "started_at": timezone.now()}
    return TraceSegment(**{**told, **fields}, spans=packed(spans))


def span(number: int, parent: int, start: int, end: int = 0) -> StoredSpan:
    return StoredSpan(
        span_id=number, parent_id=parent, name=f"s{number}", kind="internal", start=start * BILLION,
        end=(end or start + 1) * BILLION, is_error=False, details={"b": 1, "a": "x"},
        events=[(start * BILLION, "e", {})], links=[("ab" * 16, 5)],
    )  # fmt: skip


@pytest.mark.django_db
def test_what_is_older_than_the_policy_says_goes_in_batches(turn: Callable[..., None]) -> None:
    turn(retention_hours=1)
    old, new = timezone.now() - timedelta(hours=2), timezone.now()
    TraceSegment.objects.bulk_create([segment(n + 1, started_at=old) for n in range(1_001)] + [segment(5_000)])
    assert TraceWriter("web:host:1").prune() == 1_001
    assert [row.started_at >= new - timedelta(minutes=5) for row in TraceSegment.objects.all()] == [True]


@pytest.mark.django_db
def test_a_waterfall_has_parents_before_children_and_orphans_at_the_edge() -> None:
    spans = [span(3, 2, 12), span(2, 1, 11, 20), span(9, 77, 13), span(1, 0, 10, 30), span(4, 1, 15)]
    segment(1, spans=spans).save()
    segment(1, span_id="b", spans=[span(6, 4, 16, 40)], process="task:host:2", kind="task", is_error=True).save()
    found = trace(trace_id=f"{1:032x}")
    assert found is not None
    shown = [(one.name, one.depth, one.offset_seconds, one.seconds) for one in found.spans]
    assert shown == [
        ("s1", 0, 0, 20), ("s2", 1, 1, 9), ("s3", 2, 2, 1), ("s4", 1, 5, 1), ("s6", 2, 6, 24), ("s9", 0, 3, 1)
    ]  # fmt: skip
    assert (found.seconds, found.is_error, len(found.segments)) == (30, True, 2)
    first = found.spans[0]
    assert (first.details, first.events, first.links) == ((("a", "x"), ("b", "1")), ((0.0, "e", ()),), ("ab" * 16,))


@pytest.mark.django_db
def test_spans_that_are_each_others_parents_are_no_endless_tale() -> None:
    segment(1, spans=[span(1, 0, 1), span(2, 3, 2), span(3, 2, 3), span(4, 4, 4)]).save()
    found = trace(trace_id=f"{1:032x}")
    assert found is not None
    assert {one.name for one in found.spans} >= {"s1", "s4"}


@pytest.mark.django_db
def test_the_latest_are_found_by_what_they_are() -> None:
    now = timezone.now()
    segment(1, started_at=now - timedelta(hours=2), route="a", why="slow", seconds=2.0, request_id="r-1").save()
    segment(2, started_at=now - timedelta(hours=1), route="b", why="failed", is_error=True).save()
    segment(3, started_at=now, kind="task").save()

    def found(**wanted: Any) -> list[int]:
        return [int(one.trace_id, 16) for one in recent(**wanted)]

    assert found() == [3, 2, 1]
    assert (found(limit=1), found(kind="task"), found(route="a"), found(why="failed")) == ([3], [3], [1], [2])
    assert (found(is_error=True), found(is_error=False)) == ([2], [3, 1])
    assert (found(at_least_seconds=1), found(request_id="r-1")) == ([1], [1])
    assert found(since=now - timedelta(minutes=90), until=now) == [2]
