"""Plain counters of this process, for whoever watches. Counting takes no lock: each is one addition."""

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field

LOAD_BOUNDS_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
# cold: never seen, or forgotten; bypass: inside a transaction, or by order; error: the store did not answer.
MISSES = ("cold", "expired", "invalidated", "held", "early", "bypass", "corrupt", "error", "disabled")
# moved: invalidated meanwhile; held: about to be; transaction: read inside one; size; loader: it said so.
REFUSALS = ("moved", "held", "transaction", "size", "loader")
CAUSES = ("write", "unnamed", "migration", "order")


@dataclass(slots=True)
class Freshness:
    """What the auditor of this process looked at, and what it found that was older than it may be."""

    checks: int = 0
    violations: int = 0


invalidations: Counter[str] = Counter(dict.fromkeys(CAUSES, 0))
invalidated: Counter[tuple[str, str]] = Counter()  # the same by what a tag begins with, a family or namespace, as well
freshness = Freshness()


def _zeros() -> list[int]:
    return [0] * (len(LOAD_BOUNDS_SECONDS) + 1)


@dataclass(slots=True)
class Tally:
    """What happened in one namespace since the start of the process. `stale` were given out in a load's place."""

    l1: int = 0
    l2: int = 0
    l3: int = 0
    stale: int = 0
    fills: int = 0
    loads: int = 0
    failures: int = 0
    load_seconds: float = 0.0
    misses: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(MISSES, 0)))
    refusals: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(REFUSALS, 0)))
    load_counts: list[int] = field(default_factory=_zeros)

    def loaded(self, seconds: float) -> None:
        """Count a load that ended well."""
        self.loads += 1
        self.load_seconds += seconds
        self.load_counts[bisect_left(LOAD_BOUNDS_SECONDS, seconds)] += 1
