"""Requests that are wrong in form, and a server that fails."""

import logging
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation, TooManyFieldsSent
from django.http import Http404, UnreadablePostError

from apps.chat.services import conversations
from tests.chat.api.caller import Caller, problem_of, wrong_fields


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"hello",
        b'{"title": NaN}',
        b'{"title": "\xff"}',
        b"\xed\xa0\x80",
        b"\xef\xbb\xbf{}",
        '{"title": "x"}'.encode("utf-16"),
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"title": "a\x00"}',
        b'{"title": ' + b"9" * 5000 + b"}",
        b"\x00",
    ],
    ids=lambda body: ascii(body[:16]),
)
def test_a_body_that_is_no_json_is_400(as_ann: Caller, body: bytes) -> None:
    document = problem_of(as_ann.call("POST", "/conversations", body), 400)
    assert document["detail"].startswith("The body cannot be read: ")
    assert as_ann.get("/conversations")["results"] == []


def test_json_of_another_shape_names_the_body(as_ann: Caller) -> None:
    for body in ([], "x", 1, None, [[]], b"", b'{"\\ud800": 1}'):
        assert wrong_fields(as_ann.call("POST", "/conversations", body)) == ["body"]


def test_nesting_short_of_a_bomb_is_a_wrong_type(as_ann: Caller) -> None:
    body = b'{"title": ' + b"[" * 500 + b"]" * 500 + b"}"
    assert wrong_fields(as_ann.call("POST", "/conversations", body)) == ["title"]


def test_every_wrong_value_is_named_at_once(as_ann: Caller) -> None:
    assert wrong_fields(as_ann.call("POST", "/conversations", {"titel": "x", "x": 1})) == ["title", "titel", "x"]


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "", "application/json-seq", "json"]
)
def test_a_body_of_another_type_is_415(as_ann: Caller, kind: str) -> None:
    problem_of(as_ann.call("POST", "/conversations", {"title": "x"}, content_type=kind), 415)


def test_the_type_may_carry_parameters(as_ann: Caller) -> None:
    kind = "Application/JSON; charset=utf-8"
    assert as_ann.call("POST", "/conversations", {"title": "x"}, content_type=kind).status_code == 201


def test_a_body_too_large_is_413(as_ann: Caller, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    problem_of(as_ann.call("POST", "/conversations", {"title": "x" * 200}), 413)


def test_an_unknown_address_is_404_whatever_the_method(as_ann: Caller) -> None:
    stranger = Caller(enforce_csrf_checks=True)
    for caller in (as_ann, stranger):
        for method in ("GET", "POST", "DELETE"):
            for path in ("/", "/nothing", "/conversations/", "/conversations/x", "/conversations/-1", "/\xff", "//"):
                problem_of(caller.call(method, path), 404)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/conversations", "GET, HEAD, POST"),
        ("OPTIONS", "/conversations/1", "DELETE, GET, HEAD, PATCH"),
        ("GET", "/messages/1", "DELETE, PATCH"),
        ("HEAD", "/messages/1", "DELETE, PATCH"),
        ("TRACE", "/search", "GET, HEAD"),
        ("POST", "/search", "GET, HEAD"),
        ("BREW", "/search", "GET, HEAD"),
        ("POST", "/openapi.json", "GET, HEAD"),
        ("DELETE", "/docs", "GET, HEAD"),
    ],
)
def test_another_method_is_405_and_told_which_are_possible(
    as_ann: Caller, method: str, path: str, allowed: str
) -> None:
    response = as_ann.call(method, path)
    assert response.status_code == 405
    assert response.headers["Allow"] == allowed
    if method != "HEAD":
        problem_of(response, 405)


def test_head_is_get_without_the_body(as_ann: Caller) -> None:
    head, get = as_ann.call("HEAD", "/conversations"), as_ann.call("GET", "/conversations")
    assert head.status_code == 200
    assert head.content == b""
    for response in (head, get):
        del response.headers["RateLimit"]  # counts down
    assert head.headers.items() == get.headers.items()


def test_caches_ask_before_they_reuse_an_answer(as_ann: Caller) -> None:
    for path in ("/conversations", "/conversations/1", "/openapi.json", "/docs"):
        assert as_ann.call("GET", path).headers["Cache-Control"] == "private, no-cache"
    assert "Cookie" in as_ann.call("GET", "/conversations").headers["Vary"]


@pytest.mark.parametrize("debug", [False, True])
def test_an_unexpected_error_is_logged_and_tells_nothing(
    as_ann: Caller,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    debug: bool,
) -> None:
    settings.DEBUG = debug
    fail(monkeypatch, RuntimeError("the secret is 42"))
    with caplog.at_level(logging.ERROR):
        response = as_ann.call("GET", "/conversations")
    problem_of(response, 500)
    assert b"42" not in response.content
    [record] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.exc_info
    assert "42" in str(record.exc_info[1])


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (PermissionDenied("no"), 403),
        (PermissionDenied(), 403),
        (Http404("no"), 404),
        (SuspiciousOperation("odd"), 400),
        (TooManyFieldsSent("many"), 400),
        (UnreadablePostError("cut short"), 400),
    ],
)
def test_djangos_own_errors_are_problem_documents_too(
    as_ann: Caller, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    fail(monkeypatch, error)
    problem_of(as_ann.call("GET", "/conversations"), status)


def fail(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """Have the list of conversations fail."""

    def failing(**_: Any) -> None:
        raise error

    monkeypatch.setattr(conversations, "list_conversations", failing)
