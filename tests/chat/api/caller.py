"""Somebody who calls the API."""

import json
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from apps.chat.models import User

REQUEST_ID = "test-request"
MEMBERS = {"type", "title", "status", "detail", "request_id"}


class Form(bytes):
    """A body as a browser sends a form with a file."""


class Caller:
    """A signed-in user, or a stranger, sending JSON."""

    def __init__(self, user: User | None = None, *, enforce_csrf_checks: bool = False) -> None:
        self.client = Client(
            enforce_csrf_checks=enforce_csrf_checks,
            raise_request_exception=False,
            headers={"X-Request-ID": REQUEST_ID},
        )
        if user:
            self.client.force_login(user)

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """Send a request to a path below /api; a body that is no bytes goes as JSON."""
        kind = MULTIPART_CONTENT if isinstance(body, Form) else "application/json"
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return self.client.generic(method, f"/api{path}", data, **{"content_type": kind, **options})

    def get(self, path: str) -> Any:
        """Return the JSON of a successful GET."""
        response = self.call("GET", path)
        assert response.status_code == 200, response.content
        return response.json()

    def post(self, path: str, body: Any) -> Any:
        """Return the JSON of a POST that made something."""
        response = self.call("POST", path, body)
        assert response.status_code == 201, response.content
        return response.json()


def form(**fields: Any) -> Form:
    """Return a form of these fields."""
    return Form(encode_multipart(BOUNDARY, fields))


def problem_of(response: HttpResponse, status: int) -> dict[str, Any]:
    """Return the problem document; it must be whole, of this status and about this request."""
    document: dict[str, Any] = json.loads(response.content)
    assert response.status_code == status, document
    assert response.headers["Content-Type"] == "application/problem+json"
    assert document.keys() >= MEMBERS
    assert (document["status"], document["request_id"]) == (status, REQUEST_ID)
    assert all(isinstance(document[name], str) and document[name] for name in MEMBERS - {"status"})
    return document


def wrong_fields(response: HttpResponse) -> list[str]:
    """Return the names of the fields that a 422 is about."""
    document = problem_of(response, 422)
    assert document["type"] == "/problems/invalid-value"
    assert all(error.keys() == {"field", "detail"} and error["detail"] for error in document["errors"])
    return [error["field"] for error in document["errors"]]
