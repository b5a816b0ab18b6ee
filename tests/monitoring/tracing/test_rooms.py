"""The rooms below note what they do, by the OpenTelemetry API."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from threading import Event, Thread
from types import SimpleNamespace
from typing import Any

import pytest
from opentelemetry.instrumentation.celery.utils import CTX_KEY
from opentelemetry.propagate import inject

from apps.deduplication.flights.current import table
from apps.deduplication.flights.scope import Scope
from apps.monitoring.tracing.segment import spans_of
from apps.monitoring.tracing.stored import StoredSpan
from apps.monitoring.tracing.tasks import UNSENT_MOST, forget_unsent
from apps.monitoring.visit import Visit
from apps.resilience.pipeline import declare_dependency, pipeline
from apps.resilience.pipeline.registry import withdraw_dependency
from apps.tuning.registry import withdraw
from tests.monitoring.tracing.conftest import Process
from tests.servers.deadline import eventually


@pytest.fixture
def kettle() -> Iterator[Any]:
    """A dependency."""
    declare_dependency("kettle", title="a kettle", attempts=1)
    yield pipeline("kettle")
    withdraw_dependency("kettle")


def children(process: Process, visit: Visit) -> list[StoredSpan]:
    process.end(visit)
    (kept,) = process.kept
    return spans_of(kept)[1:]


def broken() -> None:
    raise OSError("cold")


def test_each_attempt_of_a_pipeline_is_a_span_and_carries_its_error(process: Process, kettle: Any) -> None:
    visit = process.begin()
    kettle.call(int)
    with pytest.raises(OSError, match="cold"):
        kettle.call(broken)
    spans = children(process, visit)
    assert [(span.name, span.kind, span.is_error) for span in spans] == [
        ("kettle", "client", False),
        ("kettle", "client", True),
    ]
    assert spans[1].events[0][2]["exception.type"] == "OSError"


def test_what_a_coroutine_sends_names_its_attempt(process: Process, kettle: Any) -> None:
    carrier: dict[str, str] = {}

    async def boil() -> None:
        inject(carrier)

    visit = process.begin()
    asyncio.run(kettle.call_async(boil))
    (span,) = children(process, visit)
    assert carrier["traceparent"] == f"00-{visit.trace.id}-{span.span_id:016x}-01"


def test_a_stream_is_one_span_from_its_opening_to_its_end(process: Process, kettle: Any) -> None:
    carriers: list[dict[str, str]] = []

    async def pieces() -> AsyncIterator[int]:
        for number in range(3):
            carriers.append({})
            inject(carriers[-1])
            yield number

    async def taken() -> None:
        async for _ in kettle.stream(pieces):
            assert visit.trace.spans is None  # not over yet

    visit = process.begin()
    asyncio.run(taken())
    (span,) = children(process, visit)
    assert carriers[0]["traceparent"].split("-")[2] == f"{span.span_id:016x}"
    assert carriers[1:] == [{}, {}]  # between two pieces the context is the consumer's


def test_waiting_for_anothers_flight_is_a_span_of_who_waits(process: Process) -> None:
    scope, begun, may_end = Scope(name="traced_waits", title="Waits"), Event(), Event()

    def work() -> bytes:
        begun.set()
        may_end.wait(20)
        return b"done"

    visits: list[Visit] = []

    def wait() -> None:
        visits.append(process.begin())
        scope.run("k", work)

    leader, waiter = Thread(target=lambda: scope.run("k", work)), Thread(target=wait)
    leader.start()
    assert begun.wait(20)
    waiter.start()
    eventually(lambda: [len(one.flight.callers) for one in table().aloft()] == [2], what="both aboard")
    may_end.set()
    leader.join(20)
    waiter.join(20)
    withdraw(scope.policy.name)
    (span,) = children(process, visits[0])
    assert (span.name, span.details["deduplication.scope"]) == ("flight joined", "traced_waits")


def test_spans_of_tasks_that_no_broker_took_are_let_go() -> None:
    task = SimpleNamespace()
    running: dict[tuple[str, bool], tuple[()]] = {("running", False): ()}
    setattr(task, CTX_KEY, {**running, **{(str(number), True): () for number in range(100)}})
    forget_unsent(task)
    assert len(getattr(task, CTX_KEY)) == UNSENT_MOST + 1
    assert ("running", False) in getattr(task, CTX_KEY)
    forget_unsent(None)
