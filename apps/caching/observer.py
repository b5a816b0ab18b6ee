"""Has the reads of a namespace observed, for predicted TTLs: those of the keys that are watched at the moment.

A hit in memory looks at one byte, and is told only if that says so.
"""

import time
from typing import Any
from zlib import crc32

from apps.caching.prediction.sampler import BLOCK_BITS, HASH_BITS, Sampler
from apps.caching.record import Stamps
from apps.caching.statistics import Tally

_wall = time.time


class Observer:
    """Of one namespace. `watched` says of each block of the keys whether a hit in it is to be told.

    What counts as an invalidation is a change of the stamps, which are known at hits and misses alike.
    """

    def __init__(self, tally: Tally) -> None:
        self._tally, self._asked, self._before = tally, 0, 0
        self._is_on = True
        self._begin()

    def saw(self, word: int, generation: int, session: str | None) -> None:
        """Note a read of a watched key."""
        tally = self._tally
        reads = tally.l1 + tally.l2 + self._asked - self._before
        self._sampler.observe_watched(word, _wall(), reads, generation, session)

    def asked(self, word: int, generation: int, session: str | None, *, is_on: bool) -> None:
        """Note a read for which the store was asked, of any key; obey the policy's switch."""
        if is_on != self._is_on:
            self._is_on = is_on
            self._begin()
        self._asked += 1
        if self.watched[block_of(word)]:
            self.saw(word, generation, session)

    def snapshot(self) -> dict[str, Any]:
        """Return what is known of this process, ready for JSON."""
        self._sampler.reads = self._reads() - self._before if self._is_on else 0
        loads = {"loads": self._tally.loads, "load_seconds": self._tally.load_seconds}
        return self._sampler.snapshot(_wall()) | loads

    def recording(self) -> bytes:
        """Return the latest reads of the keys that are recorded."""
        return self._sampler.recording()

    def _begin(self) -> None:
        """Know nothing; look at keys only where it is on."""
        self._before = self._reads()
        self._sampler = Sampler(_wall())
        self.watched = self._sampler.watched if self._is_on else bytearray(1 << BLOCK_BITS)

    def _reads(self) -> int:
        return self._tally.l1 + self._tally.l2 + self._asked


def word_of(digest: str) -> int:
    """Return the first 64 bits of an entry's digest: the same in all processes, and evenly spread."""
    return int(digest[:16], 16)


def block_of(word: int) -> int:
    """Return which block of the keys a word belongs to."""
    return word >> (HASH_BITS - BLOCK_BITS)


def generation_of(stamps: Stamps) -> int:
    """Return a number that is another one after each invalidation, the same in all processes."""
    return crc32(b"".join(stamps))
