"""Django's cache over each of the stores."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from apps.backplane.current import stop_bus
from apps.caching import current
from apps.caching.backend import LevelledCache

Make = Callable[..., LevelledCache]


@pytest.fixture(params=["redis", "database"])
def make_cache(request: Any, settings: Any, transactional_db: None) -> Iterator[Make]:
    """Make caches over an empty store: `make_cache(KEY_PREFIX="a", OPTIONS={…})`."""
    settings.REDIS_URL = request.getfixturevalue("redis_url") if request.param == "redis" else ""
    begin_anew()
    yield lambda **params: LevelledCache("default", params)
    begin_anew()


@pytest.fixture
def cache(make_cache: Make) -> LevelledCache:
    """One cache."""
    return make_cache()


def begin_anew() -> None:
    """Let go of the store and the bus: the settings name others now."""
    stop_bus()
    current.forget_all()


def forget_memory(cache: LevelledCache) -> None:
    """Let the store be asked at the next read."""
    cache.area.shelf.clear()
