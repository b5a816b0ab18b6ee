"""What a page answers to somebody who asks too often: a sentence, and how long to wait."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.chat.exceptions import RateError
from apps.chat.problems import request_id


def too_often(request: HttpRequest, error: RateError) -> HttpResponse:
    """Return the page of a 429."""
    status = HTTPStatus.TOO_MANY_REQUESTS
    context = {"title": status.phrase, "detail": str(error), "request_id": request_id(request)}
    return waiting(render(request, "errors/error.html", context), error)


def waiting(response: HttpResponse, error: RateError) -> HttpResponse:
    """Make any page a 429 that says how long to wait."""
    response.status_code = HTTPStatus.TOO_MANY_REQUESTS
    response.headers["Retry-After"] = str(error.retry_after_seconds)
    return response
