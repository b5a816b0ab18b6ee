"""Which problem each error becomes."""

import logging
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.signals import got_request_exception
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.utils.log import log_response
from ninja.errors import AuthenticationError, HttpError, ValidationError

from apps.chat.api.parser import ContentTypeError
from apps.chat.api.security import RefusedError
from apps.chat.exceptions import ConflictError, ForbiddenError, InvalidError, NotFoundError, RateError
from apps.chat.problems import AGAIN, BLANK, DATABASE_ERRORS, KEY_BUSY, KEY_REUSED, FieldError, invalid, problem
from apps.deduplication.idempotency.exceptions import KeyBusyError, KeyFormatError, KeyReusedError
from apps.deduplication.idempotency.key import HEADER

logger = logging.getLogger(__name__)
# An unregistered scheme, which browsers pass over without a dialog; RFC 9110 wants one with every 401.
SIGN_IN = {"WWW-Authenticate": 'Cookie realm="perfsite", form-action="/accounts/login/"'}


def not_found(request: HttpRequest, error: Exception) -> HttpResponse:
    """404 in the service's words, the same for what is unknown and what is not the caller's to know."""
    return problem(request, HTTPStatus.NOT_FOUND, str(error))


def nothing_here(request: HttpRequest, _error: Exception | None = None) -> HttpResponse:
    """404 for an address without a route."""
    return problem(request, HTTPStatus.NOT_FOUND)


def forbidden(request: HttpRequest, error: Exception) -> HttpResponse:
    """403."""
    return problem(request, HTTPStatus.FORBIDDEN, str(error))


def conflict(request: HttpRequest, error: ConflictError) -> HttpResponse:
    """409, of a type of its own where the service names one."""
    kind = f"/problems/{error.kind}" if error.kind else BLANK
    return problem(request, HTTPStatus.CONFLICT, str(error), kind=kind)


def wrong_value(request: HttpRequest, error: InvalidError) -> HttpResponse:
    """422 from a service."""
    return invalid(request, [FieldError(field=error.field, detail=error.reason)])


def wrong_key(request: HttpRequest, error: KeyFormatError) -> HttpResponse:
    """422 for a header that holds no key."""
    return invalid(request, [FieldError(field=HEADER, detail=str(error))])


def reused_key(request: HttpRequest, error: KeyReusedError) -> HttpResponse:
    """422 of its own kind: the key belongs to another payload."""
    return invalid(request, [FieldError(field=HEADER, detail=str(error))], kind=KEY_REUSED)


def busy_key(request: HttpRequest, error: KeyBusyError) -> HttpResponse:
    """409 of its own kind: the first request with the key has not ended."""
    headers = {"Retry-After": str(error.retry_after_seconds)}
    return problem(request, HTTPStatus.CONFLICT, str(error), kind=KEY_BUSY, headers=headers)


def wrong_types(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """422 from the declared types; 404 where it is an id in the address that cannot be."""
    if any(item["loc"][0] == "path" for item in error.errors):
        return nothing_here(request)
    return invalid(request, [FieldError(field=field_name(item["loc"]), detail=worded(item)) for item in error.errors])


def worded(item: dict[str, Any]) -> str:
    """Return what is wrong with a value; a body that is no object is told so without the name of our class."""
    return "Input should be an object" if item["type"] == "model_type" else str(item["msg"])


def field_name(location: tuple[str | int, ...]) -> str:
    """Return the name the caller knows a value by; ninja puts the source, and our parameter's name, before it."""
    source, *names = map(str, location)
    if source == "body":
        names = names[1:] or ["body"]
    return ".".join(names)


def too_often(request: HttpRequest, error: RateError) -> HttpResponse:
    """429 with the seconds to wait."""
    headers = {"Retry-After": str(error.retry_after_seconds)}
    return problem(request, HTTPStatus.TOO_MANY_REQUESTS, str(error), headers=headers)


def stranger(request: HttpRequest, _error: Exception) -> HttpResponse:
    """401."""
    return problem(request, HTTPStatus.UNAUTHORIZED, headers=SIGN_IN)


def refused(_request: HttpRequest, error: RefusedError) -> HttpResponse:
    """What a check has answered."""
    return error.response


def unreadable(request: HttpRequest, error: Exception) -> HttpResponse:
    """415 for a body of another type; else 400 with the parser's reason, which ninja keeps as the cause."""
    cause = error.__cause__ or error
    if isinstance(cause, ContentTypeError):
        return problem(request, HTTPStatus.UNSUPPORTED_MEDIA_TYPE, str(cause))
    reason = "nested too deeply" if isinstance(cause, RecursionError) else str(cause)
    return problem(request, HTTPStatus.BAD_REQUEST, f"The body cannot be read: {reason}.")


def malformed(request: HttpRequest, _error: Exception) -> HttpResponse:
    """400 for what Django refuses to go through."""
    return problem(request, HTTPStatus.BAD_REQUEST)


def too_large(request: HttpRequest, _error: Exception) -> HttpResponse:
    """413."""
    return problem(request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


def not_allowed(request: HttpRequest, *, methods: str) -> HttpResponse:
    """405 with Allow."""
    detail = f"{request.method} is not possible here, only {methods}."
    return problem(request, HTTPStatus.METHOD_NOT_ALLOWED, detail, headers={"Allow": methods})


def unexpected(request: HttpRequest, error: Exception) -> HttpResponse:
    """500, signalled and logged as Django does for its views; the caller learns the request's id and no more."""
    got_request_exception.send(sender=None, request=request)
    response = problem(request, HTTPStatus.INTERNAL_SERVER_ERROR)
    words = ("%s: %s", response.reason_phrase, request.path)
    log_response(*words, response=response, request=request, exception=error)
    return response


def database_down(request: HttpRequest, error: Exception) -> HttpResponse:
    """503 with Retry-After, logged in a line: nothing was done, or the answer to a commit was lost."""
    logger.error("%s %s: the database failed: %s", request.method, request.path, error)
    return problem(request, HTTPStatus.SERVICE_UNAVAILABLE, headers=AGAIN)


HANDLERS: dict[type[Exception], Any] = {
    Exception: unexpected,
    **dict.fromkeys(DATABASE_ERRORS, database_down),
    NotFoundError: not_found,
    ForbiddenError: forbidden,
    ConflictError: conflict,
    InvalidError: wrong_value,
    KeyFormatError: wrong_key,
    KeyReusedError: reused_key,
    KeyBusyError: busy_key,
    RateError: too_often,
    ValidationError: wrong_types,
    AuthenticationError: stranger,
    RefusedError: refused,
    HttpError: unreadable,
    MultiPartParserError: unreadable,
    UnreadablePostError: unreadable,
    RequestDataTooBig: too_large,
    SuspiciousOperation: malformed,
    PermissionDenied: forbidden,
    Http404: nothing_here,
}
