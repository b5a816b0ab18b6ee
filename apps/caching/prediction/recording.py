"""The latest reads of a sample of the keys: what three levels are tried out on. No clock, no lock."""

from struct import Struct

from apps.caching.prediction.grid import RENEWED_SECONDS

HEAD = Struct("<4sQI")  # format, milliseconds when it began, how many parts of the keys are left
EVENT = Struct("<IIIIB")  # milliseconds since, key, session, generation, READ or VOID
FORMAT = b"rec1"
READ, VOID = 0, 1
PARTS, PART_BITS = 64, 6
KEY_BITS = 32
WORD = (1 << KEY_BITS) - 1


class Recording:
    """Bounded by events: where there are too many, the part of the keys with the highest hashes is let go, and when one
    part alone is too much, all begins anew. All processes record the same keys, so that it can be played as one.
    """

    def __init__(self, *, bits: int, events_max: int) -> None:
        self._part_shift, self._key_shift = bits - PART_BITS, bits - KEY_BITS
        self._bytes_max = events_max * EVENT.size

    def begin(self, now: float) -> None:
        """Record from now on."""
        self._since = round(now * 1000)
        self._parts, self._bytes = [bytearray() for _ in range(PARTS)], 0
        self.until = now + RENEWED_SECONDS

    def read(self, position: int, now: float, generation: int, session: int) -> None:
        """Record that a key was read."""
        self._add(position, now, generation, session, READ)

    def invalidate(self, position: int, now: float) -> None:
        """Record that what is stored for a key is void."""
        self._add(position, now, 0, 0, VOID)

    def played(self) -> bytes:
        """Return all of it."""
        return HEAD.pack(FORMAT, self._since, len(self._parts)) + b"".join(self._parts)

    def _add(self, position: int, now: float, generation: int, session: int, kind: int) -> None:
        part = position >> self._part_shift
        if part >= len(self._parts):
            return
        moment = max(0, round(now * 1000) - self._since)  # a moment before the beginning is the beginning
        self._parts[part] += EVENT.pack(
            moment & WORD, position >> self._key_shift, session & WORD, generation & WORD, kind
        )
        self._bytes += EVENT.size
        if self._bytes > self._bytes_max:
            self._make_room(now)

    def _make_room(self, now: float) -> None:
        while self._bytes > self._bytes_max and len(self._parts) > 1:
            self._bytes -= len(self._parts.pop())
        if self._bytes > self._bytes_max:
            self.begin(now)
