"""A line of the log, in either form: where it was written, and in whose words not."""

import json
import logging
from collections.abc import Callable
from logging import LogRecord
from types import SimpleNamespace
from typing import Any

import pytest
from opentelemetry.trace import SpanKind

from apps.monitoring.logs import formatter
from apps.monitoring.visit import Visit, current
from tests.monitoring.tracing.conftest import Process, process, turn

__all__ = ("process", "turn")  # fixtures


def record(text: str, *args: Any, name: str = "apps.x", error: BaseException | None = None, **extra: Any) -> LogRecord:
    info = (type(error), error, error.__traceback__) if error else None
    made = LogRecord(name, logging.WARNING, "x.py", 1, text, args, info)
    made.created = 1_700_000_000.5
    for key, value in extra.items():
        setattr(made, key, value)
    return made


def line(*arguments: Any, **options: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(formatter.json().format(record(*arguments, **options)))
    return found


def raised(error: Exception, cause: Exception | None = None) -> Exception:
    try:
        raise error from cause
    except type(error) as caught:
        return caught


def test_a_line_outside_of_requests_says_what_there_is() -> None:
    assert line("It %s.", "began") == {
        "event": "It began.",
        "level": "warning",
        "logger": "apps.x",
        "timestamp": "2023-11-14T22:13:20.500+00:00",
    }


def test_a_line_inside_a_request_names_it(process: Process) -> None:
    visit = process.begin()
    visit.route, visit.user_id = "api/conversations", 7
    assert {key: value for key, value in line("x").items() if key not in {"event", "level", "logger", "timestamp"}} == {
        "request_id": "0f" * 16,
        "trace_id": "0f" * 16,
        "route": "api/conversations",
        "user_id": 7,
    }


def test_a_line_of_a_request_names_it_while_nothing_is_traced(process: Process, turn: Callable[..., None]) -> None:
    turn(is_enabled=False)
    process.begin()
    found = line("x")
    assert (found["request_id"], "trace_id" in found) == ("0f" * 16, False)


def test_the_account_is_named_as_soon_as_django_knows_it(process: Process) -> None:
    visit = process.begin()
    visit.asked = SimpleNamespace()
    assert "user_id" not in line("x")
    visit.asked._cached_user = SimpleNamespace(pk=9)
    assert line("x")["user_id"] == 9


def test_a_line_inside_a_task_names_it_and_the_request_that_sent_it(process: Process) -> None:
    with process.tracer.start_as_current_span("run/chat.import_file", kind=SpanKind.CONSUMER) as span:
        trace: Any = span.trace  # type: ignore[attr-defined]
        trace.request_id, trace.user_id = "r-1", 3
        found = line("x")
    assert (found["work"], found["request_id"], found["user_id"]) == ("run/chat.import_file", "r-1", 3)
    assert len(found["trace_id"]) == 32


def test_an_error_is_told_with_its_causes_and_without_its_words() -> None:
    told = line("It failed", error=raised(KeyError("secret one"), raised(ValueError("bad 'secret two' here"))))
    assert "ValueError: bad '…' here" in told["exception"]
    assert "which led to" in told["exception"]
    assert "test_lines.py" in told["exception"]
    assert "secret one" not in str(told)


def test_an_error_among_the_arguments_loses_its_quotes() -> None:
    assert line("Reply %s: %s", 3, ValueError("400 - {'message': 'my words'}"))["event"] == "Reply 3: 400 - {'…': '…'}"


def test_a_path_is_told_as_its_route() -> None:
    path = "/api/conversations/5/messages"
    told = line("%s: %s", "Not Found", path, name="django.request", request=SimpleNamespace(path=path))
    assert told["event"] == "Not Found: /api/conversations/<int:conversation_id>/messages"


@pytest.mark.parametrize("name", ["django.security.DisallowedHost", "celery.app.trace"])
def test_those_who_quote_what_they_were_given_are_not_quoted(name: str) -> None:
    assert line("Invalid HTTP_HOST header: 'evil words'.", name=name)["event"] == "Invalid HTTP_HOST header: '…'."


def test_people_read_the_same_on_one_line() -> None:
    error = raised(ValueError("no"))
    told = formatter.console().format(record("It failed", error=error, seconds=1.5, secret_thing="x"))
    first, *rest = told.splitlines()
    assert first == "2023-11-14T22:13:20.500+00:00 WARNING apps.x: It failed seconds=1.5"
    assert rest[-1] == "ValueError: no"


@pytest.mark.parametrize(
    ("status", "seconds", "error", "told"),
    [
        (503, 0.1, None, ["failed request"]),
        (200, 5.0, None, ["slow request"]),
        (500, 0.1, ValueError("x"), []),
        (200, 0.1, None, []),
    ],
)
def test_slow_and_failed_requests_are_told_once(
    process: Process,
    caplog: pytest.LogCaptureFixture,
    status: int,
    seconds: float,
    error: Exception | None,
    told: list[str],
) -> None:
    process.end(process.begin(), status=status, seconds=seconds, error=error)
    assert [one.getMessage() for one in caplog.records if one.name.startswith("apps.monitoring")] == told


def test_no_visit_is_no_place() -> None:
    assert current.get() is None
    assert Visit(method="GET", path="/", request_id="", began=0, at=0).account() is None
