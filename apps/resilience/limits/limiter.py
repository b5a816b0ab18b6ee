"""Limits per account, address or whatever a key says: one bucket for the fleet in Redis, a local one without it."""

import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from apps.resilience.breaker import Breaker
from apps.resilience.exceptions import RejectedError
from apps.resilience.limits.held import Held
from apps.resilience.limits.rate import Allowance, Rate

PREFIX = "perfsite:limit:"
SCRIPT = Path(__file__).with_name("take.lua").read_text()
KEYS_MAX = 10_000
MICROSECONDS = 1_000_000


class Limiter:
    """Asks Redis through a breaker; while that is open, or fails, each process counts for itself.

    A process that counts for itself goes on from what Redis said last, and tells it afterwards what it gave. That
    Redis is away is said by the breaker: in the log, to staff, and to whoever watches it.
    """

    def __init__(self, client: Redis | None, breaker: Breaker, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._script = client.register_script(SCRIPT) if client is not None else None
        self._breaker, self._clock, self._lock = breaker, clock, Lock()
        self._keys: OrderedDict[str, Held] = OrderedDict()
        self.fallbacks = 0

    def take(self, key: str, rate: Rate) -> Allowance:
        """Return whether one more may be done now, and count it. Blocks for one round trip to Redis at most."""
        return self._ask(key, rate, rate.lease)

    def look(self, key: str, rate: Rate) -> Allowance:
        """Return whether one more could be done now, and count nothing. Blocks for one round trip at most."""
        return self._ask(key, rate, 0)

    def _ask(self, key: str, rate: Rate, most: int) -> Allowance:
        if rate.count <= 0:
            return _refused_all()
        if self._script is None:
            return self._local(key, rate, is_look=most == 0)
        with self._lock:
            held, now = self._held(key), self._clock()
            known, claim = held.known(rate, now, is_look=most == 0), held.claim(now)
            is_first = most > 1 and known is None and not held.is_asking
            held.is_asking |= is_first
        if known is not None:
            return known
        try:
            return self._shared(key, rate, most if is_first else min(most, 1), claim)
        finally:
            if is_first:
                held.is_asking = False

    def _shared(self, key: str, rate: Rate, most: int, claim: float) -> Allowance:
        step = MICROSECONDS / rate.per_second
        arguments = [step, step * rate.size, most, claim * MICROSECONDS]
        try:
            said: Any = self._breaker.call(self._script, keys=[PREFIX + key], args=arguments)  # type: ignore[arg-type]  # a Script takes names
        except (RejectedError, RedisError, OSError):
            with self._lock:
                self.fallbacks += 1
            return self._local(key, rate, is_look=most == 0)
        taken, wait, used = (int(number) for number in said)
        with self._lock:
            held = self._held(key)
            return held.told(rate, self._clock(), taken=taken, wait=wait / MICROSECONDS, used=used / MICROSECONDS)

    def _local(self, key: str, rate: Rate, *, is_look: bool) -> Allowance:
        with self._lock:
            return self._held(key).alone(rate, self._clock(), is_look=is_look)

    def _held(self, key: str) -> Held:
        """Return what is known of the key; the one unused for longest goes where there are too many."""
        held = self._keys.get(key)
        if held is None:
            held = self._keys[key] = Held()
            if len(self._keys) > KEYS_MAX:
                self._keys.popitem(last=False)
        else:
            self._keys.move_to_end(key)
        return held


def _refused_all() -> Allowance:
    return Allowance(is_allowed=False, limit=0, left=0, retry_after_seconds=3600.0, is_shared=False)
