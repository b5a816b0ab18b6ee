"""`@cached_response(PAGES, tags=…)` beside a view: its finished answers are kept, for each session its own."""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

from django.http import HttpRequest, HttpResponseBase

from apps.caching.http.answer import StoredAnswer
from apps.caching.http.bypass import is_bypassed
from apps.caching.http.plan import Plan, Tags
from apps.caching.http.shared import Shared
from apps.caching.namespace import Namespace
from apps.tuning.handle import Handle

if TYPE_CHECKING:
    from apps.caching.http.visit import Visit

View = TypeVar("View", bound=Callable[..., HttpResponseBase])
VISIT = "apps.caching.visit"


def cached_response(
    namespace: Namespace[StoredAnswer],
    *,
    tags: Tags,
    shared: Shared | None = None,
    policies: tuple[Handle[Any], ...] = (),
    cookies: tuple[str, ...] = (),
    seconds: Callable[[HttpRequest], float] | None = None,
) -> Callable[[View], View]:
    """Return a decorator that keeps the view's whole answers to GET by signed-in readers.

    `tags` returns, for the reader's id and the path's parts, everything the answer is made of and everything that says
    the reader may have it, the reader's own account included; the session is added. Not kept: whatever sets a cookie,
    streams, says no-store, is no 200, or was made of parts of other tags. Where `shared` finds a key, the view's
    answer has to be that value, and nothing is kept for the session.
    """
    plan = Plan(namespace=namespace, tags=tags, shared=shared, policies=policies, cookies=cookies, seconds=seconds)

    def decorate(view: View) -> View:
        @wraps(view)
        def answer(request: HttpRequest, *arguments: Any, **keywords: Any) -> HttpResponseBase:
            visit: Visit | None = request.META.get(VISIT)
            if visit is None or not request.user.is_authenticated or is_bypassed(request):
                return view(request, *arguments, **keywords)
            expires_at = getattr(request.session, "expires_at", 0.0)
            found = visit.found(int(request.user.pk), keywords, expires_at=expires_at)
            return view(request, *arguments, **keywords) if found is None else found

        answer.answers_plan = plan  # type: ignore[attr-defined]
        return cast("View", answer)

    return decorate
