"""The header `Degraded`: names the dependencies without which an answer had to be made."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from apps.resilience import degradation


class DegradedMiddleware:
    """Listens to what is noted while a request is answered."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, and say what was missing."""
        with degradation.collecting() as names:
            response = self.get_response(request)
        if names:
            response.headers["Degraded"] = ", ".join(names)
        return response
