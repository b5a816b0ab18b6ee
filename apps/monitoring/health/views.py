"""Health in full, for staff. Whoever has the token is answered before Django is entered."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.chat.problems import problem
from apps.monitoring.health.current import health
from apps.monitoring.health.report import MEDIA_TYPE

WHO = "Sign in as staff, or send the token."


@never_cache
@require_safe
def detailed(request: HttpRequest) -> HttpResponse:
    """Answer 401 to strangers, 403 to members, and the report to staff. Blocks for a look at most."""
    if not request.user.is_authenticated:
        return problem(request, HTTPStatus.UNAUTHORIZED, WHO, headers={"WWW-Authenticate": "Bearer"})
    if not request.user.is_staff:
        return problem(request, HTTPStatus.FORBIDDEN)
    try:
        report = health().report()
    except TimeoutError:
        return problem(request, HTTPStatus.SERVICE_UNAVAILABLE, "The checks do not end.")
    return HttpResponse(report.detailed, content_type=MEDIA_TYPE, status=report.http_status)
