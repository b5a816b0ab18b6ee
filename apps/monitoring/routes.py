"""The route a path leads to, for requests that did not come as far as Django's resolver."""

from functools import lru_cache

from django.conf import settings
from django.urls import Resolver404, resolve

UNKNOWN = "unknown"


def route_of(path: str) -> str:
    """Return the template, as `api/conversations/<int:id>`; UNKNOWN for a path that leads nowhere."""
    return _route_of(path, settings.ROOT_URLCONF)


@lru_cache(maxsize=4096)
def _route_of(path: str, urls: str) -> str:
    try:
        return resolve(path, urls).route or "/"
    except Resolver404:
        return UNKNOWN
