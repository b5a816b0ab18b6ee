"""Errors in the caller's own format: problem documents under /api/, pages elsewhere."""

import logging
import sys
from collections.abc import Mapping
from http import HTTPStatus

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from apps.chat.problems import AGAIN, BLANK, CSRF, DATABASE_ERRORS, DETAILS, problem, request_id

logger = logging.getLogger(__name__)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what Django refuses to go through: 413 for its size, else 400."""
    is_too_large = isinstance(exception, RequestDataTooBig)
    return error(request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE if is_too_large else HTTPStatus.BAD_REQUEST)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  (Django's signature)
    """Answer 403."""
    return error(request, HTTPStatus.FORBIDDEN)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  (Django's signature)
    """Answer 404."""
    return error(request, HTTPStatus.NOT_FOUND)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 503 where it was the database, else 500; needs neither database nor session."""
    if isinstance(sys.exc_info()[1], DATABASE_ERRORS):  # Django calls this while it handles the error
        return error(request, HTTPStatus.SERVICE_UNAVAILABLE, headers=AGAIN)
    return error(request, HTTPStatus.INTERNAL_SERVER_ERROR)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a request whose CSRF token is missing or wrong."""
    return error(request, HTTPStatus.FORBIDDEN, f"{reason} Load the page again and retry.".strip(), kind=CSRF)


def error(
    request: HttpRequest,
    status: HTTPStatus,
    detail: str = "",
    *,
    kind: str = BLANK,
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """Return the problem document or the page."""
    if request.path_info.startswith("/api/"):
        return problem(request, status, detail, kind=kind, headers=headers)
    context = {"title": status.phrase, "detail": detail or DETAILS[status], "request_id": request_id(request)}
    return HttpResponse(page(context), status=status, headers=headers)


def page(context: dict[str, str]) -> str:
    """Return the page, made without the request: no session, user or host is asked, any of which may be the trouble."""
    try:
        return render_to_string("errors/error.html", context)
    except Exception:  # an error page must not fail: what went wrong is logged, and the reader gets the bare words
        logger.exception("The error page cannot be rendered")
        return render_to_string("errors/bare.html", context)
