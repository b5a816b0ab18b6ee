"""Level 3 of this process, over the store that the settings ask for."""

import os
from threading import Lock

from django.conf import settings

from apps.backplane.connections import redis_client
from apps.backplane.current import bus
from apps.caching.sessions import sessions
from apps.caching.stores.database_store import DatabaseStore
from apps.caching.stores.redis_store import RedisStore
from apps.caching.stores.store import Store
from apps.caching.tag import tags
from apps.caching.topic import listen
from apps.resilience.pipeline import pipeline

STORE_SECONDS, CONNECTIONS = 0.25, 64
_lock = Lock()
_stores: dict[int, Store] = {}


def store() -> Store:
    """Return this process's store, made on first use; a forked child gets its own."""
    return _stores.get(os.getpid()) or _made()


def forget_all() -> None:
    """Let go of all that this process holds: after a fork, and between tests."""
    with _lock:
        _stores.clear()
    tags.bump_all()
    sessions.clear()


def _made() -> Store:
    with _lock:
        if os.getpid() not in _stores:
            _stores.clear()
            listen(bus())
            _stores[os.getpid()] = new_store(settings.REDIS_URL)
        return _stores[os.getpid()]


def new_store(url: str) -> Store:
    """Return a store over the Redis at the URL, or over the database for an empty one."""
    if not url:
        return DatabaseStore()
    client = redis_client(url, purpose="cache", timeout_seconds=STORE_SECONDS, connections=CONNECTIONS)
    return RedisStore(client, pipeline("redis_cache"), bus())
