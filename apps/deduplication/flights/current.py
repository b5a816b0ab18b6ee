"""The table of this process, over the store that the settings ask for."""

import os
import time
from threading import Lock

from django.conf import settings

from apps.backplane.connections import redis_client
from apps.backplane.current import bus
from apps.backplane.seal import seal
from apps.deduplication.audit.ring import Ring
from apps.deduplication.flights.guarantee import Guarantee
from apps.deduplication.flights.guarded import GuardedStore
from apps.deduplication.flights.memory import MemoryStore
from apps.deduplication.flights.shared import SharedStore
from apps.deduplication.flights.store import Store
from apps.deduplication.flights.table import Table

STORE_SECONDS = 1.0
CONNECTIONS = 64
_lock = Lock()
_tables: dict[int, Table] = {}


def table() -> Table:
    """Return this process's table, made on first use; a forked child gets its own."""
    return _tables.get(os.getpid()) or _made()


def stop_table() -> None:
    """End this process's table, if it has one; the next use makes another. Blocks for a second at most."""
    with _lock:
        if stopped := _tables.pop(os.getpid(), None):
            stopped.stop()


def _made() -> Table:
    with _lock:
        if os.getpid() not in _tables:
            _tables.clear()
            _tables[os.getpid()] = new_table(settings.REDIS_URL)
        return _tables[os.getpid()]


def new_table(url: str) -> Table:
    """Return a table over the Redis at the URL, or within the process for an empty one."""
    guarantee = Guarantee()
    return Table(_store(url, guarantee), guarantee=guarantee, ring=Ring())


def _store(url: str, guarantee: Guarantee) -> Store:
    if not url:
        return MemoryStore(time.monotonic)
    client = redis_client(url, purpose="flights", timeout_seconds=STORE_SECONDS, connections=CONNECTIONS)
    return GuardedStore(SharedStore(client, bus(), seal), guarantee)
