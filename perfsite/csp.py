"""Content-Security-Policy: strict on our pages, only as wide as unfold needs in the admin."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

PAGES = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; worker-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "manifest-src 'self'"
)
# unfold ships inline scripts and styles, and Alpine.js, which evaluates its expressions.
ADMIN = (
    "default-src 'none'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'"
)


class ContentSecurityPolicyMiddleware:
    """Sets one of two fixed policies by path."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with the policy of the path's part of the site."""
        response = self.get_response(request)
        response.headers["Content-Security-Policy"] = ADMIN if request.path.startswith("/admin/") else PAGES
        return response
