"""The API put together: its routers, and what holds for every route."""

from collections.abc import Callable, Iterable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, re_path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from apps.caching.http.decorator import cached_response
from apps.chat.api import conversations, exports, imports, members, messages, replies, search
from apps.chat.api.answers import NAMESPACE
from apps.chat.api.etag import tagged
from apps.chat.api.idempotency import idempotent
from apps.chat.api.kept import KEPT, SHARED
from apps.chat.api.openapi import DocumentedApi
from apps.chat.api.parser import JsonParser
from apps.chat.api.refusals import HANDLERS, not_allowed, nothing_here
from apps.chat.api.security import Session
from apps.chat.callers import telling
from apps.chat.policy import ANSWERS, chat
from apps.deduplication.http.route import joined

View = Callable[..., HttpResponse]
ALONE = frozenset({"export", "openapi-json", "openapi-view"})  # a stream, and what is the same for all anyway

DESCRIPTION = """\
Sign in at `/accounts/login/`; the API goes by the session cookie, and unsafe methods carry the `csrftoken` cookie's
value in `X-CSRFToken`. Answers are JSON whatever `Accept` says.

A request that changes something may carry an `Idempotency-Key` of the client's choice, a new one for each thing to be
done. Sent again with the same key, it is done once: the first answer comes again, with `Idempotent-Replayed: true`,
for 24 hours. An error leaves nothing behind, and the key is free. The same key with another payload is 422, while the
first request still runs 409 with `Retry-After`.

Reads and writes are limited for an account and for an address, messages, searches, imports and replies besides. Answers
say by `RateLimit-Policy` and `RateLimit` what is allowed and left; 429 says by `Retry-After` how long to wait. A
request repeated with its `Idempotency-Key` counts as a read.

Every error is a problem document (RFC 9457) with `type`, `title`, `status`, `detail` and `request_id`. Its `type` is
`about:blank` where the status says it all, `/problems/invalid-value` for 422, which lists `errors` by `field`, and
`/problems/csrf` for a missing or wrong CSRF token; `/problems/idempotency-key-reused` and
`/problems/idempotency-key-busy` for the two above. Why the assistant does not answer
is told by 409 of the types `/problems/assistant-off`, `/problems/no-assistant`, `/problems/nothing-to-answer` and
`/problems/reply-under-way`.
"""

ROUTERS = (
    ("/conversations", conversations.router),
    ("/conversations", exports.router),
    ("/conversations/{int:conversation_id}/members", members.router),
    ("/conversations/{int:conversation_id}/reply", replies.router),
    ("", messages.router),
    ("/search", search.router),
    ("/imports", imports.router),
)


def build() -> DocumentedApi:
    """Return the API with all its routes."""
    api = DocumentedApi(
        title="perfsite",
        version="1",
        description=DESCRIPTION,
        urls_namespace=NAMESPACE,
        auth=Session(),
        parser=JsonParser(),
        docs_decorator=fetched_only,
    )
    api.add_decorator(idempotent)
    for prefix, router in ROUTERS:
        api.add_router(prefix, router)
    for kind, handler in HANDLERS.items():
        api.add_exception_handler(kind, handler)
    return api


def fetched_only(view: Any) -> Any:
    """Answer nothing but GET and HEAD."""
    return csrf_exempt(require_safe(view))


def routed(view: View) -> View:
    """Let HEAD in where GET is, answer 405 with a problem document, have caches ask before they reuse a GET.

    Whatever was counted on the way, the answer tells.
    """

    @telling
    @wraps(view)
    def answer(request: HttpRequest, *arguments: Any, **keywords: Any) -> HttpResponse:
        if request.method not in {"GET", "HEAD"}:
            response = view(request, *arguments, **keywords)
        else:
            response = fetched(view, request, *arguments, **keywords)
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            return not_allowed(request, methods=allowed(response.headers["Allow"]))
        return response

    return answer


def fetched(view: View, request: HttpRequest, *arguments: Any, **keywords: Any) -> HttpResponse:
    """Return the view's answer to GET; the server leaves the body out for HEAD."""
    method, request.method = request.method, "GET"
    try:
        response = view(request, *arguments, **keywords)
    finally:
        request.method = method
    response.headers.setdefault("Cache-Control", "private, no-cache")
    return tagged(request, response)


def allowed(methods: str) -> str:
    """Return the methods in order, HEAD beside GET."""
    names = set(methods.split(", "))
    return ", ".join(sorted(names | {"HEAD"} if "GET" in names else names))


def patterns(routes: Iterable[Any]) -> list[URLPattern]:
    """Return the routes with what holds for all; equal reads under way are one, some answers are kept.

    The bare root, which ninja needs for its name, shows nothing.
    """
    for route in routes:
        route.callback = unknown if route.name == "api-root" else routed(route.callback)
        if route.name in KEPT:
            kept = cached_response(ANSWERS, tags=KEPT[route.name], shared=SHARED.get(route.name), policies=(chat,))
            route.callback = kept(route.callback)
        if route.name not in ALONE:
            joined(route.callback)
    return list(routes)


unknown = csrf_exempt(nothing_here)
api = build()
_routes, _application, _namespace = api.urls
urlpatterns = [path("", (patterns(_routes), _application, _namespace)), re_path("", unknown)]
