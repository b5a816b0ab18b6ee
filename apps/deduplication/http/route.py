"""Which routes are joined: said beside the view, read before a thread is taken."""

from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

from django.conf import settings
from django.urls import Resolver404, resolve

View = TypeVar("View", bound=Callable[..., object])
PATH_MAX_CHARACTERS = 256


def joined(view: View) -> View:
    """Let equal safe requests that are under way share one execution of the view. Views without it never share."""
    view.is_joined = True  # type: ignore[attr-defined]
    return view


def is_joined(path: str) -> bool:
    """Return whether the path leads to a view that is joined; a look into a table for a path that was seen lately."""
    return len(path) <= PATH_MAX_CHARACTERS and _leads_to_joined(path, settings.ROOT_URLCONF)


@lru_cache(maxsize=2048)
def _leads_to_joined(path: str, urls: str) -> bool:
    try:
        return bool(getattr(resolve(path, urls).func, "is_joined", False))
    except Resolver404:
        return False
