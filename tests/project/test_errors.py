"""Error pages and problem documents outside of any view."""

import json
import logging
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.test import Client
from django.urls import path

from perfsite import errors, urls

ERRORS = {
    "denied": (PermissionDenied("secret"), 403),
    "suspicious": (SuspiciousOperation("secret"), 400),
    "large": (RequestDataTooBig("secret"), 413),
    "broken": (RuntimeError("secret"), 500),
    "database": (OperationalError("secret"), 503),
    "connection": (InterfaceError("secret"), 503),
}


def failing(request: HttpRequest, name: str) -> HttpResponse:
    """A view that fails as it is told."""
    raise ERRORS[name][0]


handler400, handler403, handler404, handler500 = urls.handler400, urls.handler403, urls.handler404, urls.handler500
urlpatterns = [path("fail/<name>", failing), path("api/fail/<name>", failing), *urls.urlpatterns]


@pytest.fixture
def visitor() -> Client:
    """Somebody with a browser."""
    return Client(raise_request_exception=False, enforce_csrf_checks=True, headers={"X-Request-ID": "seen-1"})


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("name", ERRORS)
def test_outside_the_api_an_error_is_a_page(db: None, visitor: Client, name: str) -> None:
    response = visitor.get(f"/fail/{name}")
    assert response.status_code == ERRORS[name][1]
    assert ("Retry-After" in response.headers) == (response.status_code == 503)
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert b"seen-1" in response.content
    assert b"secret" not in response.content


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("name", ERRORS)
def test_under_the_api_an_error_is_a_problem_document(db: None, visitor: Client, name: str) -> None:
    response = visitor.get(f"/api/fail/{name}")
    document = json.loads(response.content)
    assert response.headers["Content-Type"] == "application/problem+json"
    assert (response.status_code, document["status"]) == (ERRORS[name][1], ERRORS[name][1])
    assert document["request_id"] == "seen-1"
    assert "secret" not in document["detail"]


def test_a_host_we_do_not_serve_is_refused_in_the_same_shapes(db: None, visitor: Client) -> None:
    page, document = (visitor.get(where, headers={"Host": "evil.example"}) for where in ("/nothing", "/api/docs"))
    assert (page.status_code, document.status_code) == (400, 400)
    assert b"<h1>Bad request</h1>" in page.content
    assert json.loads(document.content)["title"] == "Bad Request"


def test_an_unknown_page_is_404(db: None, visitor: Client) -> None:
    response = visitor.get("/nothing/")
    assert response.status_code == 404
    assert b"There is nothing at this address." in response.content


def test_a_form_without_csrf_token_is_told_so(db: None, visitor: Client) -> None:
    response = visitor.post("/admin/login/", {"username": "x"})
    assert response.status_code == 403
    assert b"CSRF cookie not set." in response.content


@pytest.mark.parametrize("where", ["/nothing", "/api/nothing", "/api/conversations"])
def test_no_error_needs_the_database(visitor: Client, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    visitor.cookies["sessionid"] = "x" * 32

    def down(*_: Any, **__: Any) -> None:
        raise DatabaseError("gone")

    monkeypatch.setattr(connection, "cursor", down)
    response = visitor.get(where)
    assert response.status_code == (500 if where.endswith("conversations") else 404)


def test_a_broken_error_page_still_tells_what_happened(
    visitor: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def rendered(name: str, context: dict[str, str]) -> str:
        if name == "errors/error.html":
            raise ValueError("no such static file")
        return render_to_string(name, context)

    monkeypatch.setattr(errors, "render_to_string", rendered)
    with caplog.at_level(logging.ERROR):
        response = visitor.get("/nothing")
    assert response.status_code == 404
    assert b"There is nothing at this address." in response.content
    assert "The error page cannot be rendered" in caplog.text
