"""How promises are kept, by the site's own snapshots, and when it is told."""

import math
from collections.abc import Callable

import pytest

from apps.monitoring.alerts.rules.objectives import ObjectivesRule
from apps.monitoring.measuring.board import Board
from apps.monitoring.recorders import cache, flights, requests
from apps.monitoring.slo.definitions import (
    AVAILABILITY,
    CACHED_LATENCY,
    DUPLICATES,
    HIT_RATE,
    OBJECTIVES,
    UNCACHED_LATENCY,
)
from apps.monitoring.slo.standing import Standing, standing
from apps.monitoring.snapshots.window import Window
from tests.monitoring.snapshots.rows import EPOCH, Process

pytestmark = pytest.mark.django_db
HOUR = 3_600
HOUR_AGO = EPOCH - HOUR
OK, FAILED = ("application", "ok"), ("application", "failed")


def written(start: int, fill: Callable[[Board], None], *, process: Process | None = None) -> None:
    process = process or Process()
    fill(process.board)
    process.write(start)


def answers(board: Board, labels: tuple[str, str], count: int, seconds: float = 0.01) -> None:
    board.observe(requests.ANSWERS, labels, seconds, count)


def of_an_hour(name: str) -> Standing:
    [objective] = [one for one in OBJECTIVES if one.name == name]
    return standing(objective, Window.between(HOUR_AGO, EPOCH))


def test_every_promise_is_judged_by_all_processes_together() -> None:
    def fill(board: Board) -> None:
        answers(board, OK, 97)
        answers(board, OK, 2, 0.5)
        answers(board, FAILED, 1, 9.0)
        answers(board, ("cache", "ok"), 30, 0.001)
        answers(board, ("cache", "ok"), 10, 0.2)
        for result, times in (("hit", 80), ("stale", 1), ("miss", 19), ("bypass", 500)):
            board.add(cache.REQUESTS, ("history", "L1", result), times)
        board.add(flights.REQUESTS, ("edge", "leader"), 50)
        board.add(flights.REQUESTS, ("edge", "waiter"), 500)
        board.add(flights.DUPLICATES, (), 1)

    for number in (1, 2):
        written(EPOCH - 60, fill, process=Process(number))
    found = {objective.name: (one.bad, one.total) for objective in OBJECTIVES if (one := of_an_hour(objective.name))}
    assert found == {
        "availability": (2, 280),
        "cached_latency": (20, 80),
        "uncached_latency": (4, 198),
        "hit_rate": (40, 200),
        "duplicates": (2, 100),
    }


def test_the_speed_is_the_share_of_the_budget() -> None:
    assert Standing(objective=AVAILABILITY, bad=1, total=100).speed == pytest.approx(10)
    assert Standing(objective=HIT_RATE, bad=20, total=100).speed == pytest.approx(2)
    assert Standing(objective=DUPLICATES, bad=1, total=100).speed == math.inf
    assert Standing(objective=DUPLICATES, bad=0, total=100).speed == 0


@pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda one: one.name)
def test_without_traffic_every_promise_is_kept(objective: object) -> None:
    found = of_an_hour(objective.name)  # type: ignore[attr-defined]
    assert (found.bad, found.total, found.bad_share, found.speed) == (0, 0, 0, 0)


def test_what_is_counted_twice_is_never_more_than_all() -> None:
    assert Standing(objective=DUPLICATES, bad=7, total=5).bad_share == 1
    assert Standing(objective=CACHED_LATENCY, bad=5, total=5).speed == pytest.approx(100)


def told(rule: ObjectivesRule, at: float) -> dict[str, float]:
    return {one.key: one.value for one in rule.read(at) if one.value}


def failing(board: Board) -> None:
    answers(board, OK, 96)
    answers(board, FAILED, 4)


def test_a_budget_that_burns_now_and_for_an_hour_is_told() -> None:
    process = Process()
    for start in range(HOUR_AGO, EPOCH, 300):
        written(start, failing, process=process)
    written(EPOCH - 10, failing, process=process)
    rule = ObjectivesRule()
    found = told(rule, EPOCH + 5.0)
    assert found["availability 1h"] == pytest.approx(40 / 14.4, rel=0.01)
    assert found["availability 3d"] == pytest.approx(40, rel=0.01)
    reading = next(one for one in rule.read(EPOCH + 5.0) if one.key == "availability 1h")
    assert reading.output == (
        "Requests are answered without an error of the server: 52 of 1,300 did not in the last 1h; 0.999 is promised."
    )
    assert not any(key.startswith("cached") for key in found)


def test_what_burnt_and_burns_no_more_is_not_told_by_the_fast_alarm() -> None:
    process = Process()
    written(HOUR_AGO + 600, lambda board: answers(board, FAILED, 500), process=process)
    written(EPOCH - 20, lambda board: answers(board, OK, 500), process=process)
    found = told(ObjectivesRule(), EPOCH + 5.0)
    assert "availability 1h" not in found
    assert "availability 3d" in found, "its short window is six hours"


def test_a_few_requests_say_nothing() -> None:
    written(EPOCH - 20, lambda board: answers(board, FAILED, 19))
    assert told(ObjectivesRule(), EPOCH + 5.0) == {}


def test_long_windows_are_not_added_up_at_every_look(django_assert_num_queries: Callable[..., object]) -> None:
    rule = ObjectivesRule()
    before = {one.key: one for one in rule.read(EPOCH + 5.0)}
    with django_assert_num_queries(0):  # type: ignore[attr-defined]
        again = {one.key: one for one in rule.read(EPOCH + 20.0)}
    assert again == before
    written(EPOCH + 20, lambda board: answers(board, FAILED, 100))
    later = told(rule, EPOCH + 40.0)
    assert set(later) == {"availability 1h"}, "every thirty seconds; the others take longer"
    assert UNCACHED_LATENCY.name not in later
