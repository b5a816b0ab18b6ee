"""The outermost middleware: sees what the reader is sent, every header in its place."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponseBase

from apps.caching import dependencies
from apps.caching.http.decorator import VISIT
from apps.caching.http.plan import route_of
from apps.caching.http.request import SAFE, asked, caller_of, goes_alone, of_django
from apps.caching.http.visit import Visit, personal


class AnswersMiddleware:
    """Begins a visit before the session is read, so that no part of the answer goes unnoticed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> Any:
        """Answer; what a form was given to stand for a token becomes one."""
        visit = visit_of(request)
        if visit is None:
            return personal(request, self._get_response(request))
        request.META[VISIT] = visit
        dependencies.begin()
        try:
            return visit.finish(self._get_response(request))
        finally:
            dependencies.end()


def visit_of(request: HttpRequest) -> Visit | None:
    """Return a visit for a request whose answer may be kept."""
    if request.method not in SAFE or (route := route_of(request.path_info)) is None or goes_alone(request):
        return None
    caller = caller_of(request.COOKIES)
    return None if caller is None else Visit(request, route, caller, asked(of_django(request)))
