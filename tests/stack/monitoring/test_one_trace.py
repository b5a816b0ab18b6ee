"""One trace over everything: page, requests, Postgres, Redis, a task in another process, the assistant."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from http import HTTPStatus

import pytest

from tests.servers.collector import Collector, Received, running_collector
from tests.servers.postgres import Postgres
from tests.servers.process import ServerProcess
from tests.servers.redis import Redis
from tests.servers.site import PROJECT, Site, running_site
from tests.servers.upstream import Upstream, running_upstream
from tests.stack.live.people import people, shell
from tests.stack.monitoring.visitor import TOKEN, Visitor, child_of, new_trace

INTERNAL, SERVER, CLIENT, PRODUCER, CONSUMER = 1, 2, 3, 4, 5
WORKER = (
    sys.executable,
    "-m",
    "celery",
    "-A",
    "perfsite",
    "worker",
    "--pool=prefork",
    "--concurrency=1",
    "--queues=celery,import",
    "--without-mingle",
    "--without-gossip",
)
TRUSTED = {"Authorization": f"Bearer {TOKEN}"}
ROWS = [{"conversation": "Imported", "author": "eve", "text": "an imported line", "created_at": "2025-01-01T00:00:00Z"}]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    collector: Collector
    upstream: Upstream
    visitor: Visitor


@pytest.fixture(scope="module")
def stack(postgres: Postgres, redis_server: Redis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The site sends by gRPC, its task worker by HTTP."""
    with ExitStack() as held:
        collector = held.enter_context(running_collector())
        upstream = held.enter_context(running_upstream())
        shared = {
            "DATABASE_URL": held.enter_context(postgres.database()),
            "REDIS_URL": redis_server.url(),
            "CELERY_BROKER_URL": redis_server.url(1),
            "SECRET_KEY": "k" * 50,
            "METRICS_TOKEN": TOKEN,
            "ASSISTANT_BASE_URL": upstream.url,
        }
        made = []

        def prepare(site: Site) -> None:
            made.append(people(site, "ann"))

        data = tmp_path_factory.mktemp("site")
        site = held.enter_context(running_site(data, prepare=prepare, **shared, **collector.grpc))
        env = {**site.env, **collector.http}
        worker = ServerProcess(WORKER, log=data / "worker.log", env=env, cwd=PROJECT)
        held.callback(worker.stop)
        yield Stack(collector=collector, upstream=upstream, visitor=Visitor(site=site, crowd=made[0], name="ann"))


def names(spans: list[Received], kind: int) -> set[str]:
    return {span.name for span in spans if span.kind == kind}


def test_a_page_its_requests_their_task_and_the_reply_are_one_trace(stack: Stack) -> None:
    visitor, where = stack.visitor, stack.visitor.crowd.conversations[0]
    assert visitor.call("PATCH", f"/conversations/{where}", {"has_assistant": True}).status == HTTPStatus.OK
    page = visitor.ask("GET", f"/c/{where}/", traceparent=new_trace(is_chosen=True), **TRUSTED)
    trace = page.trace_id

    def going_on() -> dict[str, str]:
        return {"traceparent": child_of(page.page_trace), **TRUSTED}

    upload = visitor.upload(ROWS, **going_on())
    sent = visitor.call("POST", f"/conversations/{where}/messages", {"text": "Hello?"}, **going_on())
    assert (page.status, upload.status, sent.status) == (200, 201, 201)
    call = stack.upstream.call()
    call.say("Hello.")
    call.finish()

    spans = stack.collector.until(
        lambda found: {"run/chat.import_file", "assistant reply"} <= names(found, CONSUMER), trace
    )
    assert names(spans, SERVER) >= {"POST api/imports", "POST api/conversations/<int:conversation_id>/messages"}
    assert "POST api/imports" in names(spans, INTERNAL)  # by OpenTelemetry's own middleware, below the edge's
    assert "apply_async/chat.import_file" in names(spans, PRODUCER)
    assert {"assistant", "broker", "INSERT", "SELECT"} <= names(spans, CLIENT)
    assert any(name.startswith("redis_") for name in names(spans, CLIENT))
    assert {span.process.split(":")[0] for span in spans} == {"web", "task"}
    assert {span.way for span in spans} == {"grpc", "http"}
    asked = next(span for span in spans if span.name == "assistant")
    assert call.headers["traceparent"] == f"00-{trace}-{asked.span_id}-01"
    assert_whole(spans, outside={page.page_trace})


def assert_whole(spans: list[Received], *, outside: set[str]) -> None:
    """Every span's parent is there, but for those that the browser would have told of."""
    known = {span.span_id for span in spans}
    orphans = [span for span in spans if span.parent_id not in known]
    assert {span.kind for span in orphans} == {SERVER}, [span.name for span in orphans]
    assert len(known) == len(spans)


def test_a_kept_trace_reads_as_a_waterfall_over_processes(stack: Stack) -> None:
    traceparent = new_trace(is_chosen=True)
    answer = stack.visitor.upload([dict(ROWS[0], text="another line")], traceparent=traceparent, **TRUSTED)
    trace = answer.trace_id
    assert trace == traceparent.split("-")[1]
    stack.collector.until(lambda found: "run/chat.import_file" in names(found, CONSUMER), trace)
    code = f"""
import json, time
from apps.monitoring.tracing.service import trace
for _ in range(100):
    found = trace(trace_id="{trace}")
    if found and {{"request", "task"}} <= {{one.kind for one in found.segments}}:
        break
    time.sleep(0.1)
print("trace", json.dumps({{
    "segments": sorted([one.kind, one.request_id] for one in found.segments),
    "spans": [[one.depth, one.name, one.kind, one.offset_seconds] for one in found.spans],
}}))
"""
    told = shell(stack.visitor.site, code, "trace")
    request_id = answer.headers["x-request-id"]
    assert told["segments"] == [["request", request_id], ["task", request_id]]
    depths = {name: depth for depth, name, *_ in told["spans"]}
    assert depths["POST api/imports"] < depths["apply_async/chat.import_file"] < depths["run/chat.import_file"]
    assert told["spans"][0][0] == 0
