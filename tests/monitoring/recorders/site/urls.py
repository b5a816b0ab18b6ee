"""The site's views, one that fails, and what the process has counted."""

import sys

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import include, path


def fail(_request: HttpRequest) -> HttpResponse:
    raise ValueError("the view failed")


def counted(_request: HttpRequest) -> JsonResponse:
    """Answer with the numbers of this process by metric and labels."""
    sheet = sys.modules["perfsite.asgi"].monitoring.keeper.turn()
    return JsonResponse({" ".join((line.metric, *line.labels)): line.value for line in sheet.lines})


def groups(_request: HttpRequest) -> JsonResponse:
    """Answer with the groups of exceptions that are kept."""
    from apps.monitoring.models import ExceptionGroup  # noqa: A004  (of equal ones, not Python's)

    return JsonResponse({"groups": list(ExceptionGroup.objects.values_list("type", "count", "place"))})


urlpatterns = [
    path("fail", fail),
    path("counted", counted),
    path("groups", groups),
    path("", include("perfsite.urls")),
]
