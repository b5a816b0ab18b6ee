"""The keys one watch looks at, and what would have become of each under every TTL. No clock, no lock.

Source: Waldspurger, Park, Garthwaite, Ahmad, "Efficient MRC Construction with SHARDS", FAST 2015: a key is in the
sample or not by its hash; where there are too many, the one with the highest leaves and lowers the threshold.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from heapq import heappop, heappush
from operator import add

from apps.caching.prediction.grid import Watch
from apps.caching.prediction.totals import Totals

Chance = Callable[[], float]  # from 0 to 1
HALF_LIFE_SECONDS = 12 * 3600.0


@dataclass(slots=True)
class Life:
    """Since when a key would be stored, for each TTL, and which invalidations it had seen.

    Before `due` every TTL hits: such reads are added up, and told to each TTL only when something changes.
    """

    generation: int
    created: list[float]
    due: float = -math.inf
    hits: int = 0
    moments: float = 0.0  # of the hits, since the panel began


class Panel:
    """Looks at one block of the keys; a position is where in its block a hash lies, `size` how many there are.

    `reads` is always how many reads there were of all keys till then.
    """

    def __init__(self, watch: Watch, *, size: int, blocks: int, keys_max: int, chance: Chance) -> None:
        self._watch, self._ttls, self._chance = watch, watch.ttls, chance
        self._size, self._blocks, self._keys_max = size, blocks, keys_max
        self._unknown = [-math.inf] * len(watch.ttls)
        self._totals = Totals(len(watch.ttls))
        self.block = watch.first % blocks

    def begin(self, now: float, reads: int) -> None:
        """Look at the block from now on."""
        self._lives: dict[int, Life] = {}
        self._highest: list[int] = []  # a heap of negated positions
        self._threshold, self._weight = self._size, float(self._blocks)
        self._since, self._reads = now, reads
        self._skipped = self._watch.skipped(self._chance())
        self._dwell_seconds = self._watch.dwell(self._chance())
        self.until = now + self._dwell_seconds

    def turn(self, now: float, reads: int) -> None:
        """Go on to the next block; what was learned weighs half after twelve hours.

        Turns are a whole number of dwells apart, whenever the next read comes: a pause counts as time without reads.
        """
        ended = now - (now - self._since) % self._dwell_seconds
        self._totals = self.totals(ended, reads)
        self._totals.fade(0.5 ** ((ended - self._since) / HALF_LIFE_SECONDS))
        self.block = (self.block + 1) % self._blocks
        self.begin(ended, reads)

    def totals(self, now: float, reads: int) -> Totals:
        """Return what was counted till now, as a copy."""
        for life in self._lives.values():
            self._settle(life)
        elapsed = max(0.0, now - self._since)
        return self._totals.until(seconds=max(0.0, elapsed - self._skipped), elapsed=elapsed, reads=reads - self._reads)

    def read(self, position: int, now: float, generation: int) -> None:
        """Note that a key was read."""
        life = self._lives.get(position) or self._admit(position, generation)
        if life is None:
            return
        if life.generation != generation:
            life.generation = generation
            self._void(life)
        if now < life.due:
            life.hits += 1
            life.moments += now - self._since
        else:
            self._settle(life)
            self._simulate(life, now)

    def invalidate(self, position: int) -> None:
        """Note that what is stored for a key is void."""
        if position in self._lives:
            self._void(self._lives[position])

    def _void(self, life: Life) -> None:
        self._settle(life)
        life.created, life.due = self._unknown.copy(), -math.inf

    def _settle(self, life: Life) -> None:
        if life.hits and life.moments / life.hits >= self._skipped:
            self._totals.seen += life.hits * self._weight
            for level, stored in enumerate(life.created):
                age = life.moments - (stored - self._since) * life.hits
                self._totals.ages[level] += age * self._weight
        life.hits, life.moments = 0, 0.0

    def _simulate(self, life: Life, now: float) -> None:
        created, loads, ages = life.created, self._totals.loads, self._totals.ages
        weight = self._weight if now - self._since >= self._skipped else 0.0
        self._totals.seen += weight
        for level, ttl in enumerate(self._ttls):
            age = now - created[level]
            if age >= ttl:
                created[level] = now
                loads[level] += weight
            else:
                ages[level] += age * weight
        life.due = min(map(add, created, self._ttls))
        if not weight:
            life.due = min(life.due, self._since + self._skipped)

    def _admit(self, position: int, generation: int) -> Life | None:
        if position >= self._threshold:
            return None
        life = self._lives[position] = Life(generation, self._unknown.copy())
        heappush(self._highest, -position)
        if len(self._highest) > self._keys_max:
            self._lower()
        return life if position < self._threshold else None

    def _lower(self) -> None:
        self._threshold = -heappop(self._highest)
        self._settle(self._lives.pop(self._threshold))
        self._weight = self._blocks * self._size / self._threshold
