"""The rate of one dependency in this process."""

import math
import time
from collections.abc import Callable
from threading import Lock

from apps.resilience.exceptions import RateLimitedError
from apps.resilience.limits.bucket import Bucket


class Gate:
    """Lets calls in at a rate; never waits."""

    def __init__(self, name: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.name, self._clock, self._lock = name, clock, Lock()
        self._bucket = Bucket()
        self.per_second = self.burst = math.inf
        self.rejected = 0

    def change(self, *, per_second: float, burst: float) -> None:
        """Go by another rate from now on."""
        self.per_second, self.burst = per_second, burst

    def enter(self) -> None:
        """Count a call; raise RateLimitedError for one over the rate."""
        with self._lock:
            wait = self._bucket.take(self._clock(), per_second=self.per_second, burst=self.burst)
            self.rejected += wait > 0
        if wait:
            raise RateLimitedError(f"{self.name}: more than {self.per_second:g} calls a second", wait)
