"""Exceptions of requests and tasks."""

from collections.abc import Callable
from typing import Any

import pytest
from celery.signals import task_failure
from django.core.signals import got_request_exception
from django.http import HttpRequest
from django.test import Client

from apps.monitoring.archive.groups import Group
from apps.monitoring.policy.recorders import EXCEPTIONS
from apps.monitoring.recorders.exceptions import ExceptionRecorder
from tests.monitoring.recorders.board import Shown
from tests.monitoring.recorders.test_groups import WordlessError

FAILED = "exceptions_total"


class _Task:
    name = "chat.import_file"


@pytest.fixture
def kept() -> list[Group]:
    return []


@pytest.fixture
def recorder(kept: list[Group], listening: Callable[[Any], Any]) -> ExceptionRecorder:
    return listening(ExceptionRecorder(kept.append))


def fail(error: Exception) -> None:
    raise error


def raise_in_request(error: Exception, path: str = "/api/conversations/7/messages") -> None:
    """Have a request fail as Django's handler tells of it."""
    request = HttpRequest()
    request.path = path
    try:
        fail(error)
    except (ValueError, KeyError, WordlessError):
        got_request_exception.send(sender=None, request=request)


@pytest.mark.urls("tests.edge.urls")
def test_a_view_that_raises_is_counted_by_type_and_route(recorder: ExceptionRecorder, kept: list[Group]) -> None:
    answer = Client(raise_request_exception=False).get("/fail")
    assert answer.status_code == 500
    assert Shown(recorder)(FAILED, "ValueError", "fail") == 1
    assert [(one.error, one.route, one.times) for one in kept] == [("ValueError", "fail", 1)]


def test_equal_ones_are_kept_once_with_their_number(recorder: ExceptionRecorder, kept: list[Group]) -> None:
    for number in range(3):
        raise_in_request(ValueError(f"number {number}"))
    assert Shown(recorder)(FAILED, "ValueError", "api/conversations/<int:conversation_id>/messages") == 3
    assert [one.times for one in kept] == [3]


def test_a_task_that_fails_is_counted_by_its_name(recorder: ExceptionRecorder, kept: list[Group]) -> None:
    task_failure.send(sender=_Task, exception=KeyError("x"), task_id="1", args=(), kwargs={}, traceback=None, einfo="")
    assert Shown(recorder)(FAILED, "KeyError", "task chat.import_file") == 1
    assert kept[0].place == "elsewhere"


def test_what_is_ignored_is_not_counted(
    recorder: ExceptionRecorder, kept: list[Group], ruled: Callable[..., None]
) -> None:
    ruled(EXCEPTIONS, ignore="Value")
    raise_in_request(ValueError("x"))
    assert Shown(recorder).labels(FAILED) == set()
    ruled(EXCEPTIONS, is_enabled=False)
    raise_in_request(KeyError("x"))
    assert recorder.drained() == kept == []


def test_an_exception_that_cannot_say_what_it_is_fails_nobody(
    recorder: ExceptionRecorder, caplog: pytest.LogCaptureFixture
) -> None:
    raise_in_request(WordlessError())
    assert recorder.dropped == 1
    assert "could not be taken note of" in caplog.text


def test_a_storm_of_exceptions_is_bounded(recorder: ExceptionRecorder) -> None:
    for _ in range(ExceptionRecorder.limit + 5):
        raise_in_request(ValueError("x"))
    assert recorder.dropped == 5
    assert len(recorder.drained()) == ExceptionRecorder.limit


def test_the_request_is_not_held(recorder: ExceptionRecorder) -> None:
    raise_in_request(ValueError("x"))
    (one,) = recorder.drained()
    assert {type(value) for value in (one.error, one.message, one.route, one.cause)} == {str}
    assert not hasattr(one.steps[0][0], "f_locals")
