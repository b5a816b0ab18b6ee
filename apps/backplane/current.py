"""The bus of this process."""

import atexit
import os
from collections.abc import Callable
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING

from django.conf import settings

from apps.backplane.bus import Bus, Deliver
from apps.backplane.connections import redis_client
from apps.backplane.envelope import Envelope
from apps.backplane.local import LocalBus
from apps.backplane.shared import SharedBus

if TYPE_CHECKING:
    import asyncio

_lock = Lock()
_buses: dict[int, Bus] = {}


def bus() -> Bus:
    """Return this process's bus, started on first use; a forked child gets its own."""
    pid = os.getpid()
    if found := _buses.get(pid):
        return found
    with _lock:
        if pid not in _buses:
            _buses.clear()
            _buses[pid] = new_bus(settings.REDIS_URL)
            _buses[pid].start()
        return _buses[pid]


def stop_bus() -> None:
    """End this process's bus, if it has one; the next use starts another."""
    with _lock:
        if stopped := _buses.pop(os.getpid(), None):
            stopped.stop()


@atexit.register
def finish() -> None:
    """Let a process that ends right after its work, as a command does, tell of it first."""
    if found := _buses.get(os.getpid()):
        found.finish()


def new_bus(url: str) -> Bus:
    """Return a bus over the Redis at the URL, or within the process for an empty one; not started."""
    if not url:
        return LocalBus()
    return SharedBus(partial(redis_client, url, purpose="bus", timeout_seconds=5.0))


def on_loop(loop: "asyncio.AbstractEventLoop", deliver: Deliver) -> Callable[[Envelope], None]:
    """Return a subscriber that runs `deliver` in the event loop instead of the bus's thread."""
    return lambda envelope: _soon(loop, deliver, envelope)


def _soon(loop: "asyncio.AbstractEventLoop", deliver: Deliver, envelope: Envelope) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(deliver, envelope)
