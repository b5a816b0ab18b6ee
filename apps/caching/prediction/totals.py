"""What a panel has counted, per TTL."""

from collections.abc import Sequence
from dataclasses import dataclass, field

Rates = tuple[float, float, float]


@dataclass(slots=True)
class Totals:
    """Sums in which each event counts for all the keys that its key stands for: loads, and ages of what was served.

    `seconds` is how long each TTL was observed; `elapsed` and `reads` are of all the time and all the keys, exact.
    """

    levels: int
    loads: list[float] = field(init=False)
    ages: list[float] = field(init=False)
    seconds: list[float] = field(init=False)
    elapsed: float = 0.0
    reads: float = 0.0

    def __post_init__(self) -> None:
        """Begin with noughts."""
        self.loads, self.ages, self.seconds = ([0.0] * self.levels for _ in range(3))

    def until(self, *, seconds: Sequence[float], elapsed: float, reads: float) -> "Totals":
        """Return a copy with so much more time and so many more reads."""
        copy = Totals(self.levels, elapsed=self.elapsed + elapsed, reads=self.reads + reads)
        copy.loads, copy.ages = self.loads.copy(), self.ages.copy()
        copy.seconds = [before + more for before, more in zip(self.seconds, seconds, strict=True)]
        return copy

    def fade(self, factor: float) -> None:
        """Let everything weigh less; no ratio changes."""
        for sums in (self.loads, self.ages, self.seconds):
            sums[:] = [value * factor for value in sums]
        self.elapsed *= factor
        self.reads *= factor

    def rates(self, level: int) -> Rates:
        """Return reads, loads and ages, each per second; all 0 where nothing was observed yet."""
        seconds = self.seconds[level]
        if not seconds:
            return (0.0, 0.0, 0.0)
        return (self.reads / self.elapsed, self.loads[level] / seconds, self.ages[level] / seconds)
