"""Plain counters of one scope, for whoever watches; kept by the table, under its lock."""

from bisect import bisect_left
from dataclasses import dataclass, field, fields, replace

WAIT_BOUNDS_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


def _zeros() -> list[int]:
    return [0] * (len(WAIT_BOUNDS_SECONDS) + 1)


@dataclass(slots=True)
class Tally:
    """What happened since the start of the process.

    `leaders` ran their work; `waiters` were given the result of another, `replays` one that was kept: together they
    are what was saved. `overflows` of the `unshared` found the table full. `wait_counts` has one count per bound and
    one for what is longer.
    """

    leaders: int = 0
    waiters: int = 0
    replays: int = 0
    timeouts: int = 0
    unshared: int = 0
    overflows: int = 0
    lease_losses: int = 0
    wait_seconds: float = 0.0
    wait_counts: list[int] = field(default_factory=_zeros)

    def led(self) -> None:
        """Count a caller whose work was run."""
        self.leaders += 1

    def replayed(self) -> None:
        """Count a caller who was given a kept result."""
        self.replays += 1

    def joined(self) -> None:
        """Count a caller who followed the stream of another."""
        self.waiters += 1

    def timed_out(self) -> None:
        """Count a caller who was told to come back."""
        self.timeouts += 1

    def ran_unshared(self) -> None:
        """Count a caller who ran its work for itself alone."""
        self.unshared += 1

    def overflowed(self) -> None:
        """Count a caller who found the table full; it runs its work unshared."""
        self.overflows += 1

    def lost_lease(self) -> None:
        """Count a lead that was lost before its end."""
        self.lease_losses += 1

    def waited(self, seconds: float) -> None:
        """Count a caller who was given the result of another after so many seconds."""
        self.waiters += 1
        self.wait_seconds += seconds
        self.wait_counts[bisect_left(WAIT_BOUNDS_SECONDS, seconds)] += 1

    def copy(self) -> "Tally":
        """Return what was counted so far, to keep."""
        return replace(self, wait_counts=[*self.wait_counts])

    def add(self, other: "Tally") -> None:
        """Count what another has counted too."""
        for name in (one.name for one in fields(self) if one.name != "wait_counts"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.wait_counts = [ours + theirs for ours, theirs in zip(self.wait_counts, other.wait_counts, strict=True)]
