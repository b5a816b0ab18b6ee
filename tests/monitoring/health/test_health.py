"""One look at a time for all who probe, bounded whatever the checks do."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from apps.monitoring.health.checks.check import Check
from apps.monitoring.health.health import Health
from apps.monitoring.health.history import History
from apps.monitoring.health.panel import looked_once
from apps.monitoring.health.report import report_of
from apps.monitoring.health.status import Status
from apps.monitoring.policy.health import HEALTH
from tests.monitoring.health.lamps import Lamp, SlowLamp
from tests.servers.deadline import eventually
from tests.tuning.obeying import obeying

Begin = Callable[..., Health]


class Forgetful(History):
    """Keeps nothing: these tests have no database."""

    def write(self) -> None:
        self._waiting.clear()


@pytest.fixture
def begin() -> Iterator[Begin]:
    begun: list[Health] = []

    def started(*checks: Check) -> Health:
        begun.append(Health(list(checks), Forgetful("web:here:1")))
        begun[-1].start()
        return begun[-1]

    yield started
    for health in begun:
        health.stop()


def test_nobody_looks_while_nobody_asks(begin: Begin) -> None:
    lamp = Lamp()
    health = begin(lamp)
    assert (lamp.looks, health.near()) == (0, None)
    eventually(lambda: lamp.looks)


def test_all_who_ask_at_once_are_told_of_one_look(begin: Begin) -> None:
    lamp, slow = Lamp(), SlowLamp()
    health = begin(lamp, slow)
    with ThreadPoolExecutor(32) as callers:
        answers = [callers.submit(health.report) for _ in range(32)]
        eventually(lambda: slow.most)
        slow.may_go.set()
        reports = [answer.result(10) for answer in answers]
    assert {id(report) for report in reports} == {id(reports[0])}
    assert (lamp.looks, slow.most) == (1, 1)


def test_a_report_is_kept_for_its_time_and_then_made_anew(begin: Begin) -> None:
    lamp = Lamp()
    health = begin(lamp)
    with obeying(HEALTH, keep_seconds=60.0):
        assert health.report() is health.report()
        assert lamp.looks == 1
    with obeying(HEALTH, keep_seconds=0.1):
        first = health.report()
        assert eventually(lambda: health.report() is not first)
        assert lamp.looks >= 2


def test_a_check_that_hangs_is_told_in_time_looked_at_once_and_heals(begin: Begin) -> None:
    slow = SlowLamp()
    health = begin(Lamp(), slow)
    with obeying(HEALTH, keep_seconds=0.1, timeout_seconds=0.2):
        for _ in range(3):
            began = time.monotonic()
            report = health.report()
            assert time.monotonic() - began < 2
            assert report.status is Status.FAIL
        assert slow.most == 1
        assert [result.status for result in report.results] == [Status.PASS, Status.FAIL]
        assert report.results[1].output == "It does not answer in time."
        slow.may_go.set()
        assert eventually(lambda: health.report().status is Status.PASS)


def test_a_report_is_never_given_out_older_than_it_may_be_kept_and_a_look_takes(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    health = begin(Lamp())
    report = health.report()
    policy = HEALTH.current
    now = report.made_at + policy.keep_seconds + policy.timeout_seconds
    monkeypatch.setattr("apps.monitoring.health.health.time.monotonic", lambda: now - 0.01)
    assert health.near() is report
    monkeypatch.setattr("apps.monitoring.health.health.time.monotonic", lambda: now + 0.01)
    found: Any = health.near()
    assert found is not report


async def test_a_loop_is_not_blocked_while_it_waits(begin: Begin) -> None:
    slow = SlowLamp()
    health = begin(slow)
    slow.may_go.set()
    report = await health.reported()
    assert report.status is Status.PASS
    assert await health.reported() is report or slow.looks > 1


def test_what_a_check_raises_is_what_it_found(begin: Begin) -> None:
    lamp = Lamp()
    lamp.error = OSError("burnt out")
    [result] = looked_once([lamp], timeout_seconds=1)
    assert (result.status, result.output) == (Status.WARN, "OSError: burnt out")


def test_the_threads_of_the_checks_end_and_close_what_they_opened() -> None:
    slow = SlowLamp()
    slow.may_go.set()
    looked_once([slow], timeout_seconds=5)
    assert (slow.looks, slow.ends) == (1, 1)


def test_a_report_is_as_bad_as_its_worst_check() -> None:
    lamps = [Lamp(), Lamp(), Lamp()]
    for lamp, status in zip(lamps, Status, strict=True):
        lamp.status = status
    results = looked_once(lamps, timeout_seconds=1)
    assert [report_of(results[:number]).status for number in range(4)] == [Status.PASS, *Status]
    assert [report_of(results[:number]).http_status for number in range(4)] == [200, 200, 200, 503]
