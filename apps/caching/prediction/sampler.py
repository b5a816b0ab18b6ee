"""What a namespace tells with every read, and what is learned from it."""

import random
import threading
from typing import Any
from zlib import crc32

from apps.caching.prediction.grid import TTLS, WATCHES
from apps.caching.prediction.panel import Chance, Panel
from apps.caching.prediction.recording import Recording

HASH_BITS = 64
BLOCK_BITS = 4  # each watch looks at one key in sixteen
KEYS_MAX = 256
EVENTS_MAX = 8192
RECORDED = 0  # the block that is recorded, the same in all processes


class Sampler:
    """Watches a few blocks of the keys, by their hash; locks for some microseconds when a key of those is read.

    `key_hash` is spread evenly over 64 bits, signed or not, and the same in every process. `now` is in seconds, of one
    clock for all processes whose recordings are played together.
    """

    def __init__(
        self,
        now: float,
        *,
        block_bits: int = BLOCK_BITS,
        keys_max: int = KEYS_MAX,
        events_max: int = EVENTS_MAX,
        chance: Chance = random.random,
    ) -> None:
        bits, blocks = HASH_BITS - block_bits, 1 << block_bits
        self._shift, self._mask = bits, (1 << bits) - 1
        self._panels = [
            Panel(watch, size=1 << bits, blocks=blocks, keys_max=keys_max, chance=chance) for watch in WATCHES
        ]
        self._recording = Recording(bits=bits, events_max=events_max)
        self.watched = bytearray(blocks)  # by block: the first bits of a hash; stays the same object
        self._lock = threading.Lock()
        self.reads = self._loads = 0
        self._load_seconds = 0.0
        for panel in self._panels:
            panel.begin(now, 0)
        self._recording.begin(now)
        self._look()

    def observe(self, key_hash: int, now: float, generation: int = 0, session: int = 0) -> None:
        """Note that a key was read, hit or not.

        `generation` stands for the invalidations of the key: another one than at its last read voids what was stored.
        """
        if now >= self._turns_at:
            self._turn(now)
        self.reads += 1
        if self.watched[key_hash >> self._shift]:
            self._observe(key_hash, now, generation, session)

    def observe_watched(self, key_hash: int, now: float, reads: int, generation: int, session: str | None) -> None:
        """Note that a key was read whose block is in `watched`; `reads` is how many there were of all keys till now.

        For who counts reads anyway, and looks at `watched` before it calls.
        """
        self.reads = reads
        if now >= self._turns_at:
            self._turn(now)
        block, position = key_hash >> self._shift, key_hash & self._mask
        with self._lock:
            for panel in self._looking[block]:
                panel.read(position, now, generation)
            if block == RECORDED:
                self._recording.read(position, now, generation, crc32(session.encode()) if session else 0)

    def invalidate(self, key_hash: int, now: float) -> None:
        """Note that what is stored for a key is void, where no generation tells."""
        if not self.watched[key_hash >> self._shift]:
            return
        block, position = self._place(key_hash)
        with self._lock:
            for panel in self._panels:
                if panel.block == block:
                    panel.invalidate(position)
            if block == RECORDED:
                self._recording.invalidate(position, now)

    def loaded(self, seconds: float) -> None:
        """Note how long a load took."""
        with self._lock:
            self._loads += 1
            self._load_seconds += seconds

    def snapshot(self, now: float) -> dict[str, Any]:
        """Return what is known of this process, ready for JSON; `merged` makes a curve of it."""
        with self._lock:
            totals = [panel.totals(now, self.reads) for panel in self._panels]
            loads, load_seconds = self._loads, self._load_seconds
        rows = [one.rates(level) for one in totals for level in range(one.levels)]
        return {"ttls": list(TTLS), "rates": [list(row) for row in rows], "loads": loads, "load_seconds": load_seconds}

    def recording(self) -> bytes:
        """Return the latest reads of the recorded keys, up to 140 KB; `what_if` plays them."""
        with self._lock:
            return self._recording.played()

    def _observe(self, key_hash: int, now: float, generation: int, session: int) -> None:
        block, position = self._place(key_hash)
        with self._lock:
            for panel in self._panels:
                if panel.block == block:
                    panel.read(position, now, generation)
            if block == RECORDED:
                self._recording.read(position, now, generation, session)

    def _place(self, key_hash: int) -> tuple[int, int]:
        return (key_hash >> self._shift) % len(self.watched), key_hash & self._mask

    def _turn(self, now: float) -> None:
        with self._lock:
            for panel in self._panels:
                if now >= panel.until:
                    panel.turn(now, self.reads)
            if now >= self._recording.until:
                self._recording.begin(now)
            self._look()

    def _look(self) -> None:
        blocks = {RECORDED, *(panel.block for panel in self._panels)}
        self._looking = [
            [panel for panel in self._panels if panel.block == block] for block in range(len(self.watched))
        ]
        self.watched[:] = bytearray(block in blocks for block in range(len(self.watched)))
        self._turns_at = min(self._recording.until, *(panel.until for panel in self._panels))
