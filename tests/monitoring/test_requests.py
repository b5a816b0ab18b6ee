"""What the edge tells of requests can fail without their noticing."""

import logging
from types import SimpleNamespace
from typing import Any

import pytest

from apps.monitoring.recorders.requests import RequestRecorder
from apps.monitoring.requests import RequestObserver
from apps.monitoring.tracing.tracing import Tracing
from perfsite.edge.application import Edge
from tests.edge.drive import Call

SCOPE = {"method": "GET", "path": "/api/conversations"}


class Broken:
    """Traces that can neither begin nor end."""

    def begin(self, *_: object) -> None:
        raise RuntimeError("no room")

    end = begin


def test_a_request_that_cannot_be_traced_is_served_and_counted_and_the_loss_too(
    caplog: pytest.LogCaptureFixture,
) -> None:
    recorder = RequestRecorder()
    observer = RequestObserver(recorder, Broken())  # type: ignore[arg-type]
    with caplog.at_level(logging.ERROR):
        visit = observer.begin(SCOPE, "0af7651916cd43dd8448eb211c80319c", {})
        observer.end(visit)
    assert visit.trace is None
    assert len(recorder.drained()) == 1
    assert recorder.dropped == 2
    assert len(caplog.records) == 2


def test_an_id_that_is_no_trace_gets_one_of_its_own() -> None:
    recorder = RequestRecorder()
    observer = RequestObserver(recorder, Tracing("test").requests)
    visit = observer.begin(SCOPE, "mine", {b"x-request-id": b"mine"})
    assert len(visit.trace.id) == 32
    assert visit.request_id == "mine"


async def test_what_fails_at_the_edge_itself_is_an_error_of_the_server() -> None:
    seen: list[Any] = []

    class Watching:
        def begin(self, *_: Any) -> Any:
            return SimpleNamespace(status=0, trace=None, began=0.0)

        def end(self, visit: Any) -> None:
            seen.append(visit.status)

    async def breaks(*_: Any) -> None:
        raise RuntimeError("the edge")

    edge = Edge(bridge=breaks, sockets=breaks, observer=Watching())
    with pytest.raises(RuntimeError):
        await Call(edge, "/").run()
    assert seen == [500]
