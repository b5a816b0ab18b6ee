"""Django's cache over each of the stores."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event
from typing import Any

import pytest
from django.test import override_settings

from apps.backplane.census import ignore_loss
from apps.backplane.current import bus, stop_bus
from apps.caching import current
from apps.caching.backend import LevelledCache
from tests.caching.opened import close_all
from tests.servers.deadline import eventually

Make = Callable[..., LevelledCache]


@pytest.fixture(params=["redis", "database"])
def make_cache(request: Any, transactional_db: None) -> Iterator[Make]:
    """Make caches over an empty store: `make_cache(KEY_PREFIX="a", OPTIONS={…})`."""
    with over(request.getfixturevalue("redis_url") if request.param == "redis" else ""):
        yield lambda **params: LevelledCache("default", params)


@pytest.fixture
def cache(make_cache: Make) -> LevelledCache:
    """One cache."""
    return make_cache()


@contextmanager
def over(url: str) -> Iterator[None]:
    """Let the store be in the Redis at the URL, or in the database for an empty one.

    The settings are as before when the test's end empties the database: what that invalidates would start a bus over
    Redis again.
    """
    with override_settings(REDIS_URL=url):
        begin_anew()
        yield
        begin_anew()


def begin_anew() -> None:
    """Let go of the store and the bus: the settings name others now."""
    stop_bus()
    close_all()
    current.forget_all()


def join_bus() -> None:
    """Wait until this process has joined the bus: it then forgets what it holds, as it may have missed something."""
    heard = Event()
    stop = bus().subscribe("test.joined", lambda _: heard.set(), ignore_loss)
    eventually(lambda: bus().status().losses or not bus().status().is_shared)
    bus().publish("test.joined", None)
    assert heard.wait(10)
    stop()


def forget_memory(cache: LevelledCache) -> None:
    """Let the store be asked at the next read."""
    cache.area.shelf.clear()
