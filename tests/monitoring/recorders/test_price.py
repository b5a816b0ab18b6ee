"""What requests spend on being watched."""

import pytest

from apps.monitoring.keeper import Keeper
from apps.monitoring.measuring.board import Board
from apps.monitoring.recorders.requests import RequestRecorder
from apps.monitoring.requests import RequestObserver
from apps.monitoring.tracing.tracing import Tracing
from apps.monitoring.visit import PRICED
from apps.monitoring.worker import Worker
from tests.monitoring.recorders.board import Shown

SCOPE = {"method": "GET", "path": "/api/conversations"}
PRICE = "telemetry_request_seconds"


@pytest.fixture
def recorder() -> RequestRecorder:
    return RequestRecorder()


def served(recorder: RequestRecorder, number: int, *, level: str = "", route: str = "") -> None:
    """Have so many requests watched from begin to end."""
    observer = RequestObserver(recorder, Tracing("test").requests)
    for _ in range(number):
        visit = observer.begin(SCOPE, "0a" * 16, {})
        visit.status, visit.level, visit.route = 200, level, route
        observer.end(visit)


def test_one_of_many_is_timed_and_stands_for_the_others(recorder: RequestRecorder) -> None:
    served(recorder, 3 * PRICED, route="api/conversations")
    shown = Shown(recorder)
    price = shown.histogram(PRICE, "application")
    assert price.count == 3 * PRICED
    assert 0 < price.total < 3 * PRICED * 0.001
    assert recorder.spent_seconds == pytest.approx(price.total)
    assert shown.histogram("http_request_duration_seconds", "GET", "api/conversations", "200").count == 3 * PRICED


def test_answers_from_memory_are_told_apart(recorder: RequestRecorder) -> None:
    served(recorder, PRICED, level="L2")
    served(recorder, PRICED, level="L3", route="api/conversations")
    shown = Shown(recorder)
    assert [shown.histogram(PRICE, one).count for one in ("memory", "application")] == [PRICED, PRICED]


def test_few_requests_cost_no_clock(recorder: RequestRecorder) -> None:
    served(recorder, PRICED - 1)
    assert {price for *_, price in recorder.drained()} == {None}


def test_what_requests_spend_is_part_of_the_cost_of_watching(recorder: RequestRecorder) -> None:
    keeper = Keeper(Worker.here("web"), [recorder])
    keeper.turn()
    recorder.spent_seconds = 5.0
    keeper.turn()
    sheet = keeper.turn()
    (cost,) = [line.value for line in sheet.lines if line.metric == "telemetry_overhead_seconds"]
    assert 5.0 < cost < 6.0
    assert recorder.spent_seconds == 0.0
    assert isinstance(keeper.board, Board)
