"""What goes wrong at the fake endpoint: drawn per request from a seed, so that a drill can be repeated. No I/O."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum

from apps.resilience.limits.bucket import Bucket


class Ending(Enum):
    """How a request is answered."""

    FINE = "fine"
    ERROR = "error"
    HANG = "hang"
    CUT = "cut"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upset:
    """Shares between 0 and 1; a rate limit of 0 is none."""

    latency_ms: float = 0.0
    error_rate: float = 0.0
    hang_rate: float = 0.0
    cut_rate: float = 0.0
    rate_limit: float = 0.0  # requests a second

    def changed(self, values: Mapping[str, object]) -> "Upset":
        """Return it with other values; raise ValueError that names what is none."""
        for name, value in values.items():
            if name not in self.__slots__ or isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
                raise ValueError(f"{name}: {', '.join(self.__slots__)} are numbers of 0 or more.")
        return replace(self, **values)  # type: ignore[arg-type]  # checked above


class Fate:
    """Decides each request, and counts what it decided."""

    def __init__(self, upset: Upset, *, seed: int) -> None:
        self.upset, self._random, self._bucket = upset, random.Random(seed), Bucket()
        self.counts = dict.fromkeys(Ending, 0)

    def drawn(self, now: float) -> tuple[Ending, float]:
        """Return how the next request is answered, and in how many seconds it may be asked again."""
        ending, wait = self._drawn(now)
        self.counts[ending] += 1
        return ending, wait

    def _drawn(self, now: float) -> tuple[Ending, float]:
        upset = self.upset
        if upset.rate_limit:
            burst = max(1.0, upset.rate_limit)
            if wait := self._bucket.take(now, per_second=upset.rate_limit, burst=burst):
                return Ending.REFUSED, wait
        draw = self._random.random()
        for ending, share in (
            (Ending.HANG, upset.hang_rate),
            (Ending.ERROR, upset.error_rate),
            (Ending.CUT, upset.cut_rate),
        ):
            if draw < share:
                return ending, 0.0
            draw -= share
        return Ending.FINE, 0.0
