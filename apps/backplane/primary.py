"""Notices that another Redis is the primary now, while the old one still answers.

After a failover that somebody ordered, or a network that was cut, Sentinels leave the old primary as it is for up to
ten seconds: whoever is connected to it would go on alone. So each process asks them once a second, and lets go of every
connection when the answer changes.
"""

import logging
from contextlib import suppress
from socket import SHUT_RDWR
from threading import Event, Lock, Thread
from typing import Any
from weakref import WeakSet

from redis import Redis
from redis.exceptions import RedisError
from redis.sentinel import SentinelConnectionPool

from apps.backplane.signals import primary_changed
from apps.backplane.topology import topology_of

logger = logging.getLogger(__name__)
ASK_SECONDS = 1.0
ORDER_SECONDS = 5.0


class Watch:
    """Of one primary: a thread, and the pools whose connections lead to it."""

    def __init__(self, name: str, sentinels: Any) -> None:
        self._name, self._sentinels = name, sentinels
        self._pools: WeakSet[SentinelConnectionPool] = WeakSet()
        self._address: tuple[str, int] | None = None
        self._lock, self._never = Lock(), Event()
        self._is_running = False

    def add(self, pool: SentinelConnectionPool) -> None:
        """Watch for the pool from now on; the first one begins it."""
        with self._lock:
            self._pools.add(pool)
            if not self._is_running:
                self._is_running = True
                Thread(target=self._run, name="sentinel", daemon=True).start()

    def look(self) -> None:
        """Ask once, and let go where the primary is another one. Blocks for the Sentinels."""
        try:
            address = self._sentinels.discover_master(self._name)
        except RedisError:  # no Sentinel answers, or there is no primary: what is connected stays so
            return
        before, self._address = self._address, address
        if before in {None, address}:
            return
        logger.warning("Redis has another primary: %s:%s instead of %s:%s.", *address, *(before or ()))
        with self._lock:
            pools = list(self._pools)
        for pool in pools:
            let_go(pool)
        told = {"primary": "{}:{}".format(*address), "before": "{}:{}".format(*(before or ()))}
        primary_changed.send_robust(sender=Watch, **told)

    def _run(self) -> None:
        while self._is_wanted():
            self.look()
            self._never.wait(ASK_SECONDS)

    def _is_wanted(self) -> bool:
        """Return whether anybody uses a pool still; the thread ends with the last one."""
        with self._lock:
            self._is_running = bool(self._pools)
            return self._is_running


def fail_over(url: str) -> None:
    """Have the Sentinels make another Redis the primary; blocks for their word, not for the deed.

    Raises ValueError where there are none, RedisError where they refuse or do not answer.
    """
    topology = topology_of(url)
    if not topology.sentinels:
        raise ValueError("This Redis has no Sentinels.")
    host, port = topology.sentinels[0]
    with Redis(host=host, port=port, socket_timeout=ORDER_SECONDS, ssl=topology.is_encrypted) as sentinel:
        sentinel.execute_command("SENTINEL", "FAILOVER", topology.primary)


def let_go(pool: Any) -> None:
    """End a pool's connections where they are used: whoever waits at one hears of its end, in its own thread.

    redis-py's `disconnect` takes the socket away from under a thread that reads it.
    """
    with pool._lock:
        connections = [*pool._available_connections, *pool._in_use_connections]
    for connection in connections:
        socket = connection._sock
        if socket is not None:
            with suppress(OSError):  # ended already
                socket.shutdown(SHUT_RDWR)


_lock = Lock()
_watches: dict[tuple[str, tuple[Any, ...]], Watch] = {}


def watch(pool: SentinelConnectionPool, sentinels: tuple[Any, ...]) -> None:
    """Have a pool's connections follow its primary. Does not block."""
    with _lock:
        key = pool.service_name, sentinels
        if key not in _watches:
            _watches[key] = Watch(pool.service_name, pool.sentinel_manager)
        _watches[key].add(pool)
