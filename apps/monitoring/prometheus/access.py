"""Who may read the figures: whoever has the token, and staff."""

from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

BEARER = "bearer "


def refusal(request: HttpRequest) -> HTTPStatus | None:
    """Return None for who may, else the status to refuse with. With a token neither session nor database is asked."""
    credentials = request.headers.get("Authorization", "")
    if credentials:
        return None if has_token(credentials) else HTTPStatus.UNAUTHORIZED
    if not request.user.is_authenticated:
        return HTTPStatus.UNAUTHORIZED
    return None if request.user.is_staff else HTTPStatus.FORBIDDEN


def has_token(credentials: str) -> bool:
    """Return whether the header carries METRICS_TOKEN; never where none is set."""
    given = credentials[len(BEARER) :].strip() if credentials[: len(BEARER)].lower() == BEARER else ""
    return bool(settings.METRICS_TOKEN) and constant_time_compare(given, settings.METRICS_TOKEN)
