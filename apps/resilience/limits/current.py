"""The limiter of this process."""

import os
from threading import Lock

from django.conf import settings

from apps.backplane.connections import redis_client
from apps.resilience.limits.limiter import Limiter
from apps.resilience.pipeline.registry import pipeline

WAIT_SECONDS = 0.004  # no request waits longer for the count, whatever state Redis is in
CONNECTIONS = 256  # as many as there are threads that could ask at once
_lock = Lock()
_limiters: dict[int, Limiter] = {}


def limiter() -> Limiter:
    """Return this process's limiter, made on first use; a forked child gets its own."""
    pid = os.getpid()
    if found := _limiters.get(pid):
        return found
    with _lock:
        if pid not in _limiters:
            _limiters.clear()
            _limiters[pid] = new_limiter(settings.REDIS_URL)
        return _limiters[pid]


def new_limiter(url: str) -> Limiter:
    """Return a limiter over the Redis at the URL, or of this process alone for an empty one."""
    if not url:
        return Limiter(None, pipeline("redis_limits").breaker)
    client = redis_client(
        url,
        purpose="limits",
        timeout_seconds=WAIT_SECONDS,
        connect_seconds=WAIT_SECONDS,
        connections=CONNECTIONS,
    )
    return Limiter(client, pipeline("redis_limits").breaker)
