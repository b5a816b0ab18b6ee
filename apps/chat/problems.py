"""Problem documents (RFC 9457): every error of the API in one shape.

`type` is about:blank where the status says it all; the kinds below carry more, and stay the same for ever.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

import orjson
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse

MEDIA_TYPE = "application/problem+json"
BLANK = "about:blank"
INVALID = "/problems/invalid-value"
CSRF = "/problems/csrf"
KEY_REUSED = "/problems/idempotency-key-reused"
KEY_BUSY = "/problems/idempotency-key-busy"
TITLES = {
    INVALID: "A value is wrong",
    CSRF: "The CSRF token is missing or wrong",
    KEY_REUSED: "The key was used for another request",
    KEY_BUSY: "The first request with this key is still under way",
    "/problems/assistant-off": "The assistant is off",
    "/problems/no-assistant": "The conversation has no assistant",
    "/problems/nothing-to-answer": "There is nothing to answer",
    "/problems/reply-under-way": "A reply is being written",
}
DETAILS = {
    HTTPStatus.BAD_REQUEST: "The request is malformed.",
    HTTPStatus.UNAUTHORIZED: "Sign in first.",
    HTTPStatus.FORBIDDEN: "You may not do this.",
    HTTPStatus.NOT_FOUND: "There is nothing at this address.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is too large.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "The server failed to answer. The error has been logged.",
    HTTPStatus.SERVICE_UNAVAILABLE: "The database does not answer. Try again in a moment.",
}
DATABASE_ERRORS = (OperationalError, InterfaceError)  # gone, full, locked for too long: none of them the caller's doing
AGAIN = {"Retry-After": "2"}


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldError:
    """What is wrong with one value of the request."""

    field: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """An error; `request_id` finds it in the log."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InvalidProblem(Problem):
    """An error that names the values it is about."""

    errors: list[FieldError]


def problem(
    request: HttpRequest,
    status: HTTPStatus,
    detail: str = "",
    *,
    kind: str = BLANK,
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """Return the error as a response; without a detail of its own, in the status's words."""
    document = Problem(
        type=kind,
        title=TITLES.get(kind, status.phrase),
        status=status,
        detail=encodable(detail) or DETAILS[status],
        request_id=request_id(request),
    )
    return response(document, status, headers)


def invalid(request: HttpRequest, errors: Iterable[FieldError], *, kind: str = INVALID) -> HttpResponse:
    """Return 422 with the wrong values by name."""
    named = [FieldError(field=encodable(error.field), detail=encodable(error.detail)) for error in errors]
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    document = InvalidProblem(
        type=kind,
        title=TITLES[kind],
        status=status,
        detail="; ".join(f"{error.field}: {error.detail}" for error in named),
        request_id=request_id(request),
        errors=named,
    )
    return response(document, status)


def response(document: Problem, status: HTTPStatus, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """Return the document with its media type."""
    return HttpResponse(orjson.dumps(document), status=status, content_type=MEDIA_TYPE, headers=headers or {})


def request_id(request: HttpRequest) -> str:
    """Return the name the edge gave the request; empty where no edge stands before Django."""
    return str(request.META.get("HTTP_X_REQUEST_ID", ""))


def encodable(text: str) -> str:
    """Return text that UTF-8 can carry: the caller's own words may hold lone surrogates."""
    return text.encode("utf-8", "backslashreplace").decode()
