"""Answers written straight from records: pydantic describes them in the OpenAPI, and is not run on the way out."""

from http import HTTPStatus
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

NAMESPACE = "api"


def answer(record: object, *, status: HTTPStatus = HTTPStatus.OK) -> HttpResponse:
    """Return a record as JSON, its times in UTC."""
    return written(orjson.dumps(record, option=orjson.OPT_UTC_Z), status=status)


def written(document: bytes, *, status: HTTPStatus = HTTPStatus.OK, etag: bytes = b"") -> HttpResponse:
    """Return what is JSON already; `etag` is its own where it has one."""
    response = HttpResponse(document, status=status, content_type="application/json")
    if etag:
        response.headers["ETag"] = etag.decode()
    return response


def created(record: object, *, at: str, is_new: bool = True, **keys: int) -> HttpResponse:
    """Return 201, or 200 for what existed already, with the address of the route `at`."""
    response = answer(record, status=HTTPStatus.CREATED if is_new else HTTPStatus.OK)
    response.headers["Location"] = reverse(f"{NAMESPACE}:{at}", kwargs=keys)
    return response


def nothing() -> HttpResponse:
    """Return 204."""
    response = HttpResponse(status=HTTPStatus.NO_CONTENT)
    del response.headers["Content-Type"]
    return response


def next_url(request: HttpRequest, cursor: str | None) -> str | None:
    """Return path and query of the next page: the request's own with the cursor in it; None at the end."""
    if cursor is None:
        return None
    query: Any = request.GET.copy()
    query["cursor"] = cursor
    return f"{request.path}?{query.urlencode()}"
