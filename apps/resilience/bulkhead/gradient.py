"""How many calls a dependency bears: found from how long they take. No clock, no lock.

Source: Netflix concurrency-limits, Gradient2Limit.
"""

from dataclasses import dataclass

LONG_WINDOWS = 600  # how slowly the usual duration follows
SMOOTHING = 0.2
TOLERANCE = 1.5  # how much longer than usual a call may take before the limit falls
HEADROOM = 4.0  # what may queue at the dependency itself
DRIFTED = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Where the limit starts and how far it may go. Equal bounds are a fixed limit."""

    initial: int = 20
    minimum: int = 4
    maximum: int = 200
    window_calls: int = 50


class Gradient:
    """Falls when calls take longer than they usually do, rises while they do not and the places are used."""

    __slots__ = ("_busiest", "_calls", "_limit", "_long", "_seconds", "bounds")

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        self._limit = float(bounds.initial)
        self._long = self._seconds = 0.0
        self._calls = self._busiest = 0

    @property
    def limit(self) -> int:
        """How many calls may be under way."""
        return max(self.bounds.minimum, min(self.bounds.maximum, int(self._limit)))

    def rebound(self, bounds: Bounds) -> None:
        """Go by other bounds; what was learned stays where it fits."""
        self.bounds = bounds
        self._limit = max(float(bounds.minimum), min(float(bounds.maximum), self._limit))

    def add(self, seconds: float, under_way: int) -> bool:
        """Note a call that ended; return whether the limit may have changed."""
        self._seconds += seconds
        self._calls += 1
        self._busiest = max(self._busiest, under_way)
        if self._calls < self.bounds.window_calls:
            return False
        self._judge(self._seconds / self._calls)
        self._start()
        return True

    def _start(self) -> None:
        self._seconds, self._calls, self._busiest = 0.0, 0, 0

    def _judge(self, short: float) -> None:
        self._long = short if not self._long else self._long + (short - self._long) * 2 / (LONG_WINDOWS + 1)
        if short and self._long / short > DRIFTED:
            self._long *= 0.95
        if self._busiest < self._limit / 2:
            return  # nobody wanted more: nothing learned
        gradient = max(0.5, min(1.0, TOLERANCE * self._long / short)) if short else 1.0
        wanted = self._limit * gradient + HEADROOM
        self._limit = self._limit * (1 - SMOOTHING) + wanted * SMOOTHING
        self.rebound(self.bounds)
