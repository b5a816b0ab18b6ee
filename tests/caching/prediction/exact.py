"""One cache with one TTL, simulated over a whole trace: what predictions are held against."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Read(NamedTuple):
    """One read: `generation` changes with every write to the key."""

    key: int
    now: float
    generation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    hit_rate: float
    loads: int
    mean_age_seconds: float


def simulated(reads: Sequence[Read], ttl_seconds: float) -> Outcome:
    """Return what a cache that judges by the time since the load would have done."""
    stored: dict[int, tuple[float, int]] = {}
    loads, ages = 0, 0.0
    for read in reads:
        created, generation = stored.get(read.key, (float("-inf"), -1))
        if generation == read.generation and read.now - created < ttl_seconds:
            ages += read.now - created
        else:
            loads += 1
            stored[read.key] = (read.now, read.generation)
    return Outcome(hit_rate=1 - loads / len(reads), loads=loads, mean_age_seconds=ages / len(reads))
