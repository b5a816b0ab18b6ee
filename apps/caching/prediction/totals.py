"""What a panel has counted, per TTL."""

from dataclasses import dataclass, field, replace

Rates = tuple[float, float, float, float]


@dataclass(slots=True)
class Totals:
    """Sums in which each event counts for all the keys that its key stands for: reads that were looked at, the loads
    among them, and ages of what was served.

    `seconds` is for how long was looked; `elapsed` and `reads` are of all the time and all the keys, exact.
    """

    levels: int
    loads: list[float] = field(init=False)
    ages: list[float] = field(init=False)
    seen: float = 0.0
    seconds: float = 0.0
    elapsed: float = 0.0
    reads: float = 0.0

    def __post_init__(self) -> None:
        """Begin with noughts."""
        self.loads, self.ages = ([0.0] * self.levels for _ in range(2))

    def until(self, *, seconds: float, elapsed: float, reads: float) -> "Totals":
        """Return a copy with so much more time and so many more reads."""
        copy = replace(self, seconds=self.seconds + seconds, elapsed=self.elapsed + elapsed, reads=self.reads + reads)
        copy.loads, copy.ages = self.loads.copy(), self.ages.copy()
        return copy

    def fade(self, factor: float) -> None:
        """Let everything weigh less; no ratio changes."""
        for sums in (self.loads, self.ages):
            sums[:] = [value * factor for value in sums]
        self.seen *= factor
        self.seconds *= factor
        self.elapsed *= factor
        self.reads *= factor

    def rates(self, level: int) -> Rates:
        """Return reads, loads, ages, and reads that were looked at, each per second; all 0 where nothing was yet."""
        if not self.seconds:
            return (0.0, 0.0, 0.0, 0.0)
        return (
            self.reads / self.elapsed,
            self.loads[level] / self.seconds,
            self.ages[level] / self.seconds,
            self.seen / self.seconds,
        )
