"""Namespaces for tests: each its own, ended with the test."""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from django.conf import settings
from redis import Redis

from apps.caching import current
from apps.caching import family as families
from apps.caching import namespace as namespaces
from apps.caching.family import Family
from apps.caching.namespace import Namespace
from apps.deduplication.flights import scope as scopes
from apps.tuning.registry import withdraw
from tests.caching.opened import close_all


class Page(msgspec.Struct, frozen=True):
    """A value with parts."""

    title: str
    lines: tuple[str, ...] = ()


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    """Let go of what the process holds, and of what its Redis does, before and after."""
    current.forget_all()
    if settings.REDIS_URL:
        with Redis.from_url(settings.REDIS_URL) as client:
            client.flushdb()
    yield
    close_all()
    current.forget_all()


@pytest.fixture
def make_namespace() -> Iterator[Callable[..., Namespace[Any]]]:
    """Declare namespaces; they end with the test."""
    made: list[str] = []

    def make(name: str = "test", value: Any = Page, **options: Any) -> Namespace[Any]:
        made.append(name)
        return Namespace(name, title="Test", value=value, **options)

    yield make
    for name in made:
        namespaces.withdraw(name)
        withdraw(f"cache_{name}")
        withdraw(f"flights_cache_{name}")
        del scopes._scopes[f"cache_{name}"]


@pytest.fixture
def things() -> Iterator[Family]:
    """A family of tags that answers for the table of conversations' titles."""
    yield Family("thing", tables={"chat_conversation": ("title",), "chat_import": ()})
    families.withdraw("thing")


@pytest.fixture
def namespace(make_namespace: Callable[..., Namespace[Any]], things: Family) -> Namespace[Any]:
    """A namespace whose first part of the key names a thing."""
    return make_namespace(tags=lambda key: (things.of(key[0]),))
