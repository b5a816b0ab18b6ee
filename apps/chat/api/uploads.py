"""What an upload must be before a byte of it is read."""

from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest

from apps.chat.api.security import RefusedError
from apps.chat.problems import problem
from apps.chat.rates import IMPORTS, look

MEDIA_TYPE = "multipart/form-data"
MEBIBYTE = 1024 * 1024
FORM_BYTES = MEBIBYTE  # what the form around the file may add


def check_upload(request: HttpRequest) -> None:
    """Raise RefusedError: 415 for what is no form, 413 for what is larger than any file may be; RateError."""
    look(IMPORTS, int(request.user.pk or 0))
    if request.content_type != MEDIA_TYPE:
        detail = f"The body must be {MEDIA_TYPE}."
        raise RefusedError(problem(request, HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail))
    if int(request.META.get("CONTENT_LENGTH") or 0) > largest_bytes():
        detail = f"A file may have {settings.CHAT_IMPORT_MAX_MEGABYTES:,} MB at the most."
        raise RefusedError(problem(request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail))


def largest_bytes() -> int:
    """Return the size of the largest body that could hold a file we take."""
    return int(settings.CHAT_IMPORT_MAX_MEGABYTES) * MEBIBYTE + FORM_BYTES
