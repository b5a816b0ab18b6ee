"""What is counted of requests."""

from types import SimpleNamespace

import pytest

from apps.monitoring.measuring.board import Board
from apps.monitoring.recorders.requests import RequestRecorder
from apps.monitoring.visit import CLIENT_GONE, Visit
from tests.monitoring.recorders.board import Shown

DURATION, ANSWERS = "http_request_duration_seconds", "http_answer_duration_seconds"
PATH, ROUTE = "/api/conversations/7/messages", "api/conversations/<int:conversation_id>/messages"
TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
def recorder() -> RequestRecorder:
    return RequestRecorder()


def visit(*, path: str = PATH, status: int = 200, level: str = "", seconds: float = 0.25, size: int = 10) -> Visit:
    one = Visit(method="GET", path=path, request_id="r", began=5.0, at=100.0)
    one.ended, one.status, one.level, one.size = 5.0 + seconds, status, level, size
    return one


def shown(recorder: RequestRecorder, *visits: Visit) -> Shown:
    for one in visits:
        recorder.note(one)
    return Shown(recorder)


def test_requests_are_counted_by_route_status_and_level_with_time_and_size(recorder: RequestRecorder) -> None:
    found = shown(
        recorder, visit(level="L2"), visit(level="L2", seconds=0.5), visit(), visit(status=503), visit(path="/no")
    )
    lasted = found.histogram(DURATION, "GET", ROUTE, "200")
    assert (lasted.count, lasted.total, lasted.maximum) == (3, 1.0, 0.5)
    assert found.labels(DURATION) == {("GET", ROUTE, "200"), ("GET", ROUTE, "503"), ("GET", "unknown", "200")}
    assert found("http_requests_total", ROUTE, "L2") == 2
    assert found("http_requests_total", ROUTE, "none") == 2
    assert found("http_response_bytes_total", ROUTE) == 40


def test_answers_are_counted_by_what_made_them_and_whether_the_server_failed(recorder: RequestRecorder) -> None:
    found = shown(recorder, visit(level="L1"), visit(level="L3"), visit(), visit(status=404), visit(status=500))
    counts = {labels: found.histogram(ANSWERS, *labels).count for labels in found.labels(ANSWERS)}
    assert counts == {
        ("cache", "ok"): 2,
        ("cache", "failed"): 0,
        ("application", "ok"): 2,
        ("application", "failed"): 1,
    }


def test_every_answer_there_may_be_is_0_from_the_beginning(recorder: RequestRecorder) -> None:
    found = shown(recorder)
    assert {found.histogram(ANSWERS, *labels).count for labels in found.labels(ANSWERS)} == {0}
    assert len(found.labels(ANSWERS)) == 4


def test_who_left_before_there_was_an_answer_breaks_no_promise(recorder: RequestRecorder) -> None:
    found = shown(recorder, visit(status=CLIENT_GONE))
    assert found.histogram(DURATION, "GET", ROUTE, "499").count == 1
    assert sum(found.histogram(ANSWERS, *labels).count for labels in found.labels(ANSWERS)) == 0


def test_what_watches_is_not_watched(recorder: RequestRecorder) -> None:
    found = shown(recorder, visit(path="/performance/cache"), visit(path="/metrics"), visit(path="/static/chat.css"))
    assert found.labels(DURATION) == set()


def test_the_last_trace_that_is_kept_is_the_example(recorder: RequestRecorder) -> None:
    kept, lost = visit(), visit(seconds=9.0)
    kept.is_kept, kept.trace = True, SimpleNamespace(id=TRACE)
    board = Board()
    for one in (kept, lost):
        recorder.note(one)
    recorder.fold(board, recorder.drained())
    [line] = [line for line in board.sheet(worker="w", started=0, at=0).lines if line.metric == DURATION]
    assert line.exemplar == (TRACE, 0.25, 100.0)
