"""What a limit is, and what became of one question about it."""

from dataclasses import dataclass
from functools import lru_cache

HELD_SHARE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """So many in a period in the long run, and so many at once. 0 refuses all.

    A process fetches `lease` tokens at a time: what it holds unused is the most that it can give too much, once.
    """

    count: int
    per_seconds: float
    burst: int = 0  # 0: as many as in a period
    lease: int = 1

    @property
    def per_second(self) -> float:
        """The rate in the long run."""
        return self.count / self.per_seconds

    @property
    def size(self) -> int:
        """How many at once."""
        return self.burst or self.count


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """Whether it may be done, what is left, and when to come back. `is_shared` says whether the fleet counted."""

    is_allowed: bool
    limit: int
    left: int
    retry_after_seconds: float
    is_shared: bool


@lru_cache(maxsize=256)
def exact(count: int, per_seconds: float) -> Rate:
    """Return a rate that the fleet keeps to the one: each is asked for."""
    return Rate(count=count, per_seconds=per_seconds)


@lru_cache(maxsize=256)
def quick(count: int, per_seconds: float) -> Rate:
    """Return a rate for what must cost nothing: a process asks for a twentieth of a burst at a time."""
    return Rate(count=count, per_seconds=per_seconds, lease=max(1, count // HELD_SHARE))
