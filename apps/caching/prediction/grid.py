"""The TTLs that are simulated, and who looks at which keys for how long."""

from dataclasses import dataclass

STEP = 2.0
TTLS = tuple(0.05 * STEP**level for level in range(21))  # 50 ms to 14.6 hours
LIVES = 4  # of the longest-lived entry: for so long a watch looks at a block
RENEWED_SECONDS = 12 * 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """How the TTLs from `first` to `last` are observed: in one block of the keys, after some lives in the next.

    While entries are short-lived the few hottest keys decide, so every key must have its turn, and tells all it can
    within some lives of its entry. Where they are long-lived every key counts about alike, and one block will do.
    """

    first: int
    last: int
    is_moving: bool = True

    @property
    def ttls(self) -> tuple[float, ...]:
        """The TTLs, ascending."""
        return TTLS[self.first : self.last + 1]

    def dwell(self, chance: float) -> float:
        """Return for how many seconds to look at a block; by chance, lest the lives of hot keys go in step with it."""
        return (LIVES + chance) * TTLS[self.last] if self.is_moving else RENEWED_SECONDS

    def skipped(self, chance: float) -> float:
        """Return after how many seconds all of its TTLs are counted: of the same reads, so that their steps are exact.

        What was stored before is not known, so that every key begins with a load: one life is left out, and by
        chance up to another. Who does not move counts that load, as a process that starts has it too.
        """
        return TTLS[self.last] * (1 + chance) if self.is_moving else 0.0


# Each begins with the TTL the one before ends with: what they both saw is how the pieces of the curve are joined.
WATCHES = (
    Watch(first=0, last=4),
    Watch(first=4, last=7),
    Watch(first=7, last=9),
    Watch(first=9, last=20, is_moving=False),
)
