"""Errors in the caller's own format: problem documents under /api/, pages elsewhere."""

from django.http import HttpRequest, HttpResponse


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a request whose CSRF token is missing or wrong."""
    return HttpResponse(reason, status=403)
