"""What was counted of a scope: by one process, or by several together."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from itertools import accumulate
from typing import Any

from apps.deduplication.flights.aloft import Scope
from apps.deduplication.flights.tally import WAIT_BOUNDS_SECONDS


def _shown(seconds: float) -> str:
    return f"{seconds:g} s" if seconds >= 1 else f"{seconds * 1000:g} ms"


NAMES = (*(f"≤ {_shown(bound)}" for bound in WAIT_BOUNDS_SECONDS), f"> {_shown(WAIT_BOUNDS_SECONDS[-1])}")


def _zeros() -> list[int]:
    return [0] * (len(WAIT_BOUNDS_SECONDS) + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """The counters of `Tally`, and how many flights are on the table."""

    leaders: int = 0
    waiters: int = 0
    replays: int = 0
    timeouts: int = 0
    unshared: int = 0
    overflows: int = 0
    lease_losses: int = 0
    size: int = 0
    wait_counts: list[int] = field(default_factory=_zeros)

    @classmethod
    def of(cls, scope: Scope) -> "Statistics":
        """Return what this process counted so far."""
        counted = asdict(scope.tally)
        return cls(size=scope.size, **{one.name: counted[one.name] for one in fields(cls) if one.name != "size"})

    @classmethod
    def total(cls, parts: Iterable["Statistics"]) -> "Statistics":
        """Return the sum."""
        rows = [asdict(part) for part in parts]
        counts = [sum(column) for column in zip(_zeros(), *(row.pop("wait_counts") for row in rows), strict=True)]
        sums: dict[str, Any] = {name: sum(row[name] for row in rows) for name in (rows[0] if rows else ())}
        return cls(**sums, wait_counts=counts)

    @property
    def saved(self) -> int:
        """How many callers got a result without running their work."""
        return self.waiters + self.replays

    @property
    def saved_percent(self) -> float:
        """The share of those who got a result."""
        return 100 * self.saved / ((self.saved + self.leaders + self.unshared) or 1)

    @property
    def waits(self) -> list[tuple[str, int, float]]:
        """How many waited how long: for each bound those up to it and over the one before, also in percent."""
        whole = sum(self.wait_counts) or 1
        return [(name, count, 100 * count / whole) for name, count in zip(NAMES, self.wait_counts, strict=True)]

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
        needed = share * sum(self.wait_counts)
        reached = zip(NAMES, accumulate(self.wait_counts), strict=True)
        return next(name for name, count in reached if count >= needed) if needed else ""
