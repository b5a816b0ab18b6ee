"""The sharing of this process: its breakers obey policies at once, and follow the fleet where there is a Redis."""

import os
from functools import partial
from threading import Lock
from typing import Any

from django.conf import settings

from apps.backplane.connections import redis_client
from apps.backplane.current import bus
from apps.resilience.pipeline.registry import SUFFIX, breakers, pipeline
from apps.resilience.sharing.redis_store import RedisStore
from apps.resilience.sharing.syncer import Syncer

STORE_SECONDS = 1.0
_lock = Lock()
_syncers: dict[int, Syncer] = {}


def share() -> None:
    """Follow the fleet from now on; once per process, again after a fork. Without Redis there is none to follow."""
    if not settings.REDIS_URL:
        return
    pid = os.getpid()
    with _lock:
        if pid in _syncers:
            return
        _syncers.clear()
        shared = bus()
        _syncers[pid] = Syncer(new_store(settings.REDIS_URL), breakers, origin=shared.status().origin, bus=shared)
        _syncers[pid].start()


def stop_sharing() -> None:
    """End it; each breaker goes on alone. Blocks for two seconds at most."""
    with _lock:
        if stopped := _syncers.pop(os.getpid(), None):
            stopped.stop()


def is_attached() -> bool | None:
    """Return whether the fleet's store answered the last time; None where breakers are this process's alone."""
    found = _syncers.get(os.getpid())
    return found.is_attached if found else None


def new_store(url: str) -> RedisStore:
    """Return the fleet's store in the Redis at the URL."""
    return RedisStore(partial(redis_client, url, purpose="breakers", timeout_seconds=STORE_SECONDS))


def obey_change(*, name: str, **_: Any) -> None:
    """Let a pipeline obey its changed policy without waiting for its next call: a receiver of policy_changed."""
    if name.endswith(SUFFIX):
        pipeline(name.removesuffix(SUFFIX)).obey()


class Breakers:
    """The sharing as a part of the server, started and stopped with it."""

    def start(self) -> None:
        """Follow."""
        share()

    def stop(self) -> None:
        """End it."""
        stop_sharing()
