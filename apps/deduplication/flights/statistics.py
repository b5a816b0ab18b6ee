"""What was counted of a scope: by one process, or by several together."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from apps.deduplication.flights.aloft import Scope
from apps.deduplication.flights.tally import WAIT_BOUNDS_SECONDS, Tally


def _shown(seconds: float) -> str:
    return f"{seconds:g} s" if seconds >= 1 else f"{seconds * 1000:g} ms"


NAMES = (*(f"≤ {_shown(bound)}" for bound in WAIT_BOUNDS_SECONDS), f"> {_shown(WAIT_BOUNDS_SECONDS[-1])}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """A copy of a scope's tally, and how many flights are on the table."""

    tally: Tally = field(default_factory=Tally)
    size: int = 0

    @classmethod
    def of(cls, scope: Scope) -> "Statistics":
        """Return what this process counted so far."""
        return cls(tally=scope.tally.copy(), size=scope.size)

    @classmethod
    def told(cls, tally: dict[str, Any], size: int) -> "Statistics":
        """Return what another process told, from what `asdict` made of its own."""
        return cls(tally=Tally(**tally), size=size)

    @classmethod
    def total(cls, parts: Iterable["Statistics"]) -> "Statistics":
        """Return the sum."""
        sizes, whole = 0, Tally()
        for part in parts:
            sizes += part.size
            whole.add(part.tally)
        return cls(tally=whole, size=sizes)

    @property
    def saved(self) -> int:
        """How many callers got a result without running their work."""
        return self.tally.waiters + self.tally.replays

    @property
    def saved_percent(self) -> float:
        """The share of those who got a result."""
        return 100 * self.saved / ((self.saved + self.tally.leaders + self.tally.unshared) or 1)

    @property
    def waits(self) -> list[tuple[str, int, float]]:
        """How many waited how long: for each bound those up to it and over the one before, also in percent."""
        whole = sum(self.tally.wait_counts) or 1
        return [(name, count, 100 * count / whole) for name, count in zip(NAMES, self.tally.wait_counts, strict=True)]

    @property
    def wait_median(self) -> str:
        """The bound within which half of those who waited were served."""
        return self._waited(0.5)

    @property
    def wait_most(self) -> str:
        """The bound within which nearly all of them were, 95%."""
        return self._waited(0.95)

    def _waited(self, share: float) -> str:
        """Return the name of a bound, empty where nobody waited."""
        needed = share * sum(self.tally.wait_counts)
        reached = zip(NAMES, accumulate(self.tally.wait_counts), strict=True)
        return next(name for name, count in reached if count >= needed) if needed else ""
