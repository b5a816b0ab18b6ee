"""What is said beside a view about its answers, and how it is found by a path."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

from django.conf import settings
from django.http import HttpRequest
from django.urls import Resolver404, resolve

from apps.caching.http.answer import StoredAnswer
from apps.caching.http.counts import RouteTally, tally_of
from apps.caching.http.shared import Shared
from apps.caching.namespace import Namespace
from apps.tuning.handle import Handle

PATH_MAX_CHARACTERS = 256
Tags: TypeAlias = Callable[[int, Mapping[str, Any]], Iterable[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`tags` names what an answer is made of and who may see it, by the reader's id and the path's parts.

    Where `shared` finds a key, the answer is the same for all who may have it. `policies` are those whose change makes
    it another answer, `cookies` those that it depends on besides the session, `seconds` how long it may be kept.
    """

    namespace: Namespace[StoredAnswer]
    tags: Tags
    shared: Shared | None = None
    policies: tuple[Handle[Any], ...] = ()
    cookies: tuple[str, ...] = ()
    seconds: Callable[[HttpRequest], float] | None = None

    def seen(self) -> tuple[tuple[Handle[Any], object], ...]:
        """Return the policies with what holds now."""
        return tuple((handle, handle.current) for handle in self.policies)

    def revisions(self) -> str:
        """Return which revisions of the policies hold now."""
        return ".".join(str(handle.state.number) for handle in self.policies)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A plan, the path's parts, and the counters and the name of the route that it was found on."""

    plan: Plan
    at: Mapping[str, Any]
    name: str
    tally: RouteTally


def route_of(path: str) -> Route | None:
    """Return the route the path leads to, if its answers are kept; a look into a table for a path seen lately."""
    return _route_of(path, settings.ROOT_URLCONF) if len(path) <= PATH_MAX_CHARACTERS else None


@lru_cache(maxsize=2048)
def _route_of(path: str, urls: str) -> Route | None:
    try:
        found = resolve(path, urls)
    except Resolver404:
        return None
    plan = getattr(found.func, "answers_plan", None)
    name = str(found.route)
    return None if plan is None else Route(plan=plan, at=found.kwargs, name=name, tally=tally_of(name))
