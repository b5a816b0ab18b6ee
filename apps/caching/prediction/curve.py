"""What TTLs would bring, over all processes."""

import math
from bisect import bisect_right
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What one TTL would bring: the share of reads answered without a load, and what it costs in loads and in age.

    `mean_age_seconds` is over all reads, the loading ones included; `busy_loaders` how many loads run at a time.
    """

    ttl_seconds: float
    hit_rate: float
    loads_per_second: float
    mean_age_seconds: float
    busy_loaders: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """What was observed of one TTL."""

    ttl_seconds: float
    hit_rate: float
    mean_age_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """The TTLs that were observed, at least one, ascending."""

    points: tuple[Point, ...]
    reads_per_second: float
    load_seconds: float

    def at(self, ttl_seconds: float) -> Forecast:
        """Return what a TTL would bring: between two that were observed, something between theirs."""
        hit_rate, age = self._between(ttl_seconds)
        loads = (1 - hit_rate) * self.reads_per_second
        return Forecast(
            ttl_seconds=ttl_seconds,
            hit_rate=hit_rate,
            loads_per_second=loads,
            mean_age_seconds=age,
            busy_loaders=loads * self.load_seconds,
        )

    def forecasts(self) -> tuple[Forecast, ...]:
        """Return the forecast of each TTL that was observed, for a chart."""
        return tuple(self.at(point.ttl_seconds) for point in self.points)

    def _between(self, ttl_seconds: float) -> tuple[float, float]:
        above = bisect_right(self.points, ttl_seconds, key=lambda point: point.ttl_seconds)
        if above == 0:
            return _before(self.points[0], ttl_seconds)
        low = self.points[above - 1]
        if above == len(self.points):
            return low.hit_rate, low.mean_age_seconds
        high = self.points[above]
        share = math.log(ttl_seconds / low.ttl_seconds) / math.log(high.ttl_seconds / low.ttl_seconds)
        return (
            hit_rate_between(low.hit_rate, high.hit_rate, share),
            age_between(low.mean_age_seconds, high.mean_age_seconds, share),
        )


def _before(first: Point, ttl_seconds: float) -> tuple[float, float]:
    share = max(0.0, ttl_seconds) / first.ttl_seconds
    hits = first.hit_rate * share
    return (hits / (1 - first.hit_rate + hits) if hits else 0.0), first.mean_age_seconds * share


def hit_rate_between(low: float, high: float, share: float) -> float:
    """Return the hit rate so far between two TTLs, in logarithms.

    A key read at random has odds of hits to loads of reads per second times TTL: a straight line in logarithms.
    """
    if not (0 < low < 1 and 0 < high < 1):
        return low + (high - low) * share
    odds = math.exp((1 - share) * math.log(low / (1 - low)) + share * math.log(high / (1 - high)))
    return odds / (1 + odds)


def age_between(low: float, high: float, share: float) -> float:
    """Return the mean age so far between two TTLs; it grows with a power of the TTL."""
    if low <= 0 or high <= 0:
        return low + (high - low) * share
    return math.exp((1 - share) * math.log(low) + share * math.log(high))
