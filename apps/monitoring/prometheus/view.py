"""`GET /metrics` as Django answers it: to staff, and to who may not read it. The edge answers who has the token."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.chat.problems import problem
from apps.monitoring.prometheus.access import refusal
from apps.monitoring.prometheus.answer import answer

ASK = {"WWW-Authenticate": 'Bearer realm="metrics"'}


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer in the format asked for; 401 or 403 without leave to read. Needs no database where a token is given."""
    if status := refusal(request):
        return problem(request, status, headers=ASK if status is HTTPStatus.UNAUTHORIZED else None)
    asked = request.headers.get
    content, headers = answer(accept=asked("Accept", ""), encodings=asked("Accept-Encoding", ""))
    return HttpResponse(content, headers=headers)
