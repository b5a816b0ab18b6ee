"""Places for calls under way, a short queue for them, and an early no for the rest."""

import time
from collections import deque
from collections.abc import Callable
from threading import Lock
from typing import TypeVar

from apps.resilience.bulkhead.gradient import Bounds, Gradient
from apps.resilience.bulkhead.waiter import LoopWaiter, ThreadWaiter, Waiter
from apps.resilience.deadline import remaining_seconds
from apps.resilience.exceptions import BulkheadFullError

W = TypeVar("W", bound=Waiter)


class Bulkhead:
    """Hands a place that falls free to who waits longest. Thread-safe, for threads and coroutines alike."""

    def __init__(
        self,
        name: str,
        bounds: Bounds,
        *,
        queue_max: int,
        queue_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name, self._clock, self._lock = name, clock, Lock()
        self._gradient = Gradient(bounds)
        self._queue: deque[Waiter] = deque()
        self.queue_max, self.queue_seconds = queue_max, queue_seconds
        self.limit, self.under_way, self.rejected = self._gradient.limit, 0, 0

    @property
    def waiting(self) -> int:
        """How many wait for a place."""
        return len(self._queue)

    def change(self, bounds: Bounds, *, queue_max: int, queue_seconds: float) -> None:
        """Go by other bounds from now on; what was learned stays where it fits, who is in stays."""
        with self._lock:
            self._gradient.rebound(bounds)
            self.queue_max, self.queue_seconds = queue_max, queue_seconds
            self._adjust()

    def enter(self) -> float:
        """Take a place and return the time; raise BulkheadFullError or DeadlineError. Blocks while queued."""
        with self._lock:
            if self.under_way < self.limit and not self._queue:
                self.under_way += 1
                return self._clock()
            waiter = self._lined_up(ThreadWaiter())
        try:
            is_woken = waiter.wait(remaining_seconds(self.queue_seconds, clock=self._clock))
        except BaseException:  # raised again: the place in the queue is given back
            self._abandon(waiter)
            raise
        self._check(waiter, is_woken=is_woken)
        return self._clock()

    async def enter_async(self) -> float:
        """As `enter`, for a coroutine."""
        with self._lock:
            if self.under_way < self.limit and not self._queue:
                self.under_way += 1
                return self._clock()
            waiter = self._lined_up(LoopWaiter())
        try:
            is_woken = await waiter.wait(remaining_seconds(self.queue_seconds, clock=self._clock))
        except BaseException:  # raised again: the place in the queue is given back
            self._abandon(waiter)
            raise
        self._check(waiter, is_woken=is_woken)
        return self._clock()

    def leave(self, since: float, *, is_sample: bool) -> None:
        """Free the place; `is_sample` says whether the call's duration tells something of the dependency."""
        with self._lock:
            if is_sample and self._gradient.add(self._clock() - since, self.under_way):
                self._adjust()
            if self._queue or self.under_way > self.limit:
                self._free()
            else:
                self.under_way -= 1

    def _lined_up(self, waiter: W) -> W:
        if len(self._queue) >= self.queue_max:
            self.rejected += 1
            text = f"{self.name}: {self.under_way} calls are under way, {len(self._queue)} wait"
            raise BulkheadFullError(text, 1.0)
        self._queue.append(waiter)
        return waiter

    def _free(self) -> None:
        if self.under_way > self.limit or not self._hand_over():
            self.under_way -= 1

    def _hand_over(self) -> bool:
        """Give a place to who waits longest; return whether anybody took it."""
        while self._queue:
            if self._queue.popleft().wake():
                return True
        return False

    def _adjust(self) -> None:
        self.limit = self._gradient.limit
        while self.under_way < self.limit and self._hand_over():
            self.under_way += 1

    def _check(self, waiter: Waiter, *, is_woken: bool) -> None:
        """Raise for who waited in vain, unless the place came at the last moment."""
        with self._lock:
            if is_woken or waiter not in self._queue:
                return
            self._queue.remove(waiter)
            self.rejected += 1
        raise BulkheadFullError(f"{self.name}: no place fell free within {self.queue_seconds:g} s", 1.0)

    def _abandon(self, waiter: Waiter) -> None:
        """Leave without ever calling: cancelled, or out of time. A place that was handed over goes on."""
        with self._lock:
            if waiter in self._queue:
                self._queue.remove(waiter)
            else:
                self._free()
