"""The three levels in miniature: nothing is stored but when, and after which invalidation. No clock, no lock."""

from dataclasses import dataclass
from typing import NamedTuple

L1, L2, L3, LOADED = range(4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ttls:
    """How long each level may answer, counted from when it was given the entry; 0 switches it off.

    Where a level has to ask the store from time to time whether an entry is still good, that is its limit too.
    """

    l1_seconds: float
    l2_seconds: float
    l3_seconds: float


class Event(NamedTuple):
    """One recorded event, first of all when; `process` is the number of the recording."""

    moment_ms: int
    process: int
    key: int
    session: int
    generation: int
    kind: int


class Stack:
    """L1 of each process, L2 of each session in it, L3 of all."""

    def __init__(self, ttls: Ttls) -> None:
        self._ttls = tuple(round(ttl * 1000) for ttl in (ttls.l1_seconds, ttls.l2_seconds, ttls.l3_seconds))
        self._stored: dict[tuple[int, ...], tuple[int, tuple[int, int]]] = {}
        self._voids: dict[int, int] = {}

    def read(self, event: Event) -> int:
        """Return which level answers; what L3 or a load brings is given to the levels above, what L2 has is not."""
        now_ms, process, key, session, generation, _ = event
        places: tuple[tuple[int, ...], ...] = ((L1, process, key), (L2, process, session, key), (L3, key))
        stamp = (generation, self._voids.get(key, 0))
        found = LOADED
        for level, place in enumerate(places):
            stored_ms, seen = self._stored.get(place, (now_ms, None))
            if seen == stamp and now_ms - stored_ms < self._ttls[level]:
                found = level
                break
        if found > L2:
            self._stored |= dict.fromkeys(places[:found], (now_ms, stamp))
        return found

    def void(self, key: int) -> None:
        """Make void what every level has of a key."""
        self._voids[key] = self._voids.get(key, 0) + 1
