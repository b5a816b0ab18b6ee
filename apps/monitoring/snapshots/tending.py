"""Everything that is due with the tables of snapshots, once a minute."""

import time
from collections import Counter
from dataclasses import dataclass

from apps.monitoring.snapshots.retention import prune
from apps.monitoring.snapshots.rollup import roll_up

MAX_SECONDS = 20.0  # for each of the two; the next run goes on


@dataclass(frozen=True, slots=True, kw_only=True)
class Tended:
    """How many periods were rolled up, and how many rows deleted, by their resolution."""

    rolled_up: int
    deleted: Counter[int]


def tend(*, now: float | None = None, max_seconds: float = MAX_SECONDS) -> Tended:
    """Roll up, then prune; for any number of processes at once. Blocks; raises DatabaseError."""
    at = time.time() if now is None else now
    return Tended(rolled_up=roll_up(now=at, max_seconds=max_seconds), deleted=prune(now=at, max_seconds=max_seconds))
