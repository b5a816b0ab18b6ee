"""Limits per account, address or whatever a key says: one bucket for the fleet in Redis, a local one without it."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from apps.resilience.breaker import Breaker
from apps.resilience.exceptions import RejectedError
from apps.resilience.limits.bucket import Bucket

PREFIX = "perfsite:limit:"
SCRIPT = Path(__file__).with_name("take.lua").read_text()
KEYS_MAX = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """So many in a period in the long run, and so many at once. 0 refuses all."""

    count: int
    per_seconds: float
    burst: int = 0  # 0: as many as in a period

    @property
    def per_second(self) -> float:
        """The rate in the long run."""
        return self.count / self.per_seconds

    @property
    def size(self) -> int:
        """How many at once."""
        return self.burst or self.count


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """Whether it may be done, what is left, and when to come back. `is_shared` says whether the fleet counted."""

    is_allowed: bool
    limit: int
    left: int
    retry_after_seconds: float
    is_shared: bool


class Limiter:
    """Asks Redis through a breaker; while that is open, or fails, each process counts for itself."""

    def __init__(self, client: Redis | None, breaker: Breaker, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._script = client.register_script(SCRIPT) if client is not None else None
        self._breaker, self._clock, self._lock = breaker, clock, Lock()
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()
        self.fallbacks = 0

    def take(self, key: str, rate: Rate) -> Allowance:
        """Return whether one more may be done now, and count it. Blocks for one round trip to Redis at most."""
        if rate.count <= 0:
            return _refused_all()
        if self._script is not None:
            try:
                return self._shared(key, rate)
            except (RejectedError, RedisError, OSError):
                with self._lock:
                    self.fallbacks += 1
        return self._local(key, rate)

    def _shared(self, key: str, rate: Rate) -> Allowance:
        step = 1_000_000 / rate.per_second
        said: Any = self._breaker.call(self._script, keys=[PREFIX + key], args=[step, step * rate.size])  # type: ignore[arg-type]  # a Script takes names
        is_allowed, wait, used = (int(number) for number in said)
        left = math.floor(rate.size - used / step + 1e-6)
        return Allowance(
            is_allowed=bool(is_allowed),
            limit=rate.size,
            left=max(0, left),
            retry_after_seconds=wait / 1_000_000,
            is_shared=True,
        )

    def _local(self, key: str, rate: Rate) -> Allowance:
        now = self._clock()
        with self._lock:
            bucket = self._bucket(key)
            wait = bucket.take(now, per_second=rate.per_second, burst=rate.size)
            left = bucket.left(now, per_second=rate.per_second, burst=rate.size)
        return Allowance(is_allowed=wait == 0, limit=rate.size, left=left, retry_after_seconds=wait, is_shared=False)

    def _bucket(self, key: str) -> Bucket:
        """Return the key's bucket; the one unused for longest goes where there are too many."""
        if key not in self._buckets:
            self._buckets[key] = Bucket()
            if len(self._buckets) > KEYS_MAX:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(key)
        return self._buckets[key]


def _refused_all() -> Allowance:
    return Allowance(is_allowed=False, limit=0, left=0, retry_after_seconds=3600.0, is_shared=False)
