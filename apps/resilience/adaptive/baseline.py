"""How a dependency usually fares at an hour of the day: share of failures, and how long calls take. No clock."""

import math

HOURS = 24
MEMORY_CALLS = 2_000  # how slowly the usual follows
LEARNED_CALLS = 50  # fewer tell nothing
TAIL = 3.0  # deviations of the logarithm: three leave about one call in a thousand of a log-normal above


class Usual:
    """Running means that weigh the latest calls most; durations by their logarithm, for they spread by factors."""

    __slots__ = ("calls", "failure_rate", "judged", "mean", "variance")

    def __init__(self) -> None:
        self.calls = self.judged = 0  # those whose duration, and those whose ending was learned from
        self.failure_rate = self.mean = self.variance = 0.0

    def add_ending(self, *, is_failure: bool) -> None:
        """Learn from how a call ended."""
        self.judged += 1
        self.failure_rate += (is_failure - self.failure_rate) / min(self.judged, MEMORY_CALLS)

    def add_duration(self, seconds: float) -> None:
        """Learn from how long a good call took; a failure tells nothing of that."""
        self.calls += 1
        weight = 1 / min(self.calls, MEMORY_CALLS)
        step = math.log(max(seconds, 1e-6)) - self.mean
        self.mean += weight * step
        self.variance = (1 - weight) * (self.variance + weight * step * step)

    @property
    def slow_seconds(self) -> float:
        """From how long on a call is slow for this dependency; twice the usual at least."""
        deviation = max(math.sqrt(self.variance), math.log(2) / TAIL)
        return math.exp(self.mean + TAIL * deviation)


class Baseline:
    """What is usual at each hour; an hour not known yet goes by the whole day."""

    def __init__(self) -> None:
        self._day, self._hours = Usual(), [Usual() for _ in range(HOURS)]

    def add(self, hour: int, seconds: float, *, is_failure: bool, is_doubtful: bool) -> None:
        """Learn from one call; of a doubtful time nothing but how long good calls take."""
        for one in (self._day, self._hours[hour]):
            if not is_doubtful:
                one.add_ending(is_failure=is_failure)
            if not is_failure:
                one.add_duration(seconds)

    def usual(self, hour: int) -> Usual | None:
        """Return what is usual now; None before enough was seen."""
        for known in (self._hours[hour], self._day):
            if known.calls >= LEARNED_CALLS:
                return known
        return None
