"""The limiter of this process."""

import os
from threading import Lock
from typing import Any

from django.conf import settings

from apps.backplane.connections import redis_client
from apps.resilience.limits.limiter import Limiter
from apps.resilience.pipeline.registry import pipeline

NAME = "redis_limits"  # its pipeline's attempt_seconds are what a request waits for the count, at most
WAIT_SECONDS = 0.004  # where the policy has no bound
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


def obey_change(*, name: str, **_: Any) -> None:
    """Begin anew where what bounds the wait has changed: a receiver of policy_changed."""
    if name == pipeline(NAME).handle.name:
        _limiters.clear()


def new_limiter(url: str) -> Limiter:
    """Return a limiter over the Redis at the URL, or of this process alone for an empty one."""
    if not url:
        return Limiter(None, pipeline(NAME).breaker)
    wait_seconds = pipeline(NAME).handle.current.attempt_seconds or WAIT_SECONDS
    client = redis_client(
        url,
        purpose="limits",
        timeout_seconds=wait_seconds,
        connect_seconds=wait_seconds,
        connections=CONNECTIONS,
    )
    return Limiter(client, pipeline(NAME).breaker)
