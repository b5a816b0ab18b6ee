"""Entries in this process's memory, and the shelves they stand on, bounded in bytes.

A shelf forgets what was stored first. Level 1 lives for a tenth of a second: whoever is read often was stored lately,
and anything cleverer would cost each hit more than it saves (docs/decisions/0018).
"""

import sys
from collections.abc import Hashable, Iterator
from threading import Lock
from typing import Any, Generic, TypeVar

import msgspec

from apps.caching.tag import Fences

OVERHEAD_BYTES = 640  # the entry with its fences and numbers, its key, its place in the dictionary
MEASURE_FIRST, MEASURE_EVERY = 4, 1_024  # a measurement takes as long as a hundred hits
SMALL = range(-5, 257)
K = TypeVar("K", bound=Hashable)


class Entry(msgspec.Struct, gc=False):
    """A value as this process holds it. Times are of the monotonic clock.

    `stored_at` is when it came to this level, or its stamps were looked at last; `loaded_at` when the value was made;
    `asked_at` when it was given out last, within a second, which alone changes.
    """

    value: Any
    fences: Fences
    stamps: tuple[bytes, ...]
    stored_at: float
    loaded_at: float
    kept_at: float
    load_seconds: float
    life: float  # the loader's own; 0: the policy's
    draw: float  # chance, for the jitter
    size: int
    word: int = 0  # of the place's digest
    block: int = 0  # the word's first bits: whether it is observed
    generation: int = 0  # of the stamps
    asked_at: float = 0.0

    def looked_at(self, now: float, *, fences: Fences) -> "Entry":
        """Return it as it stands after its stamps were found to be those of now."""
        return msgspec.structs.replace(self, stored_at=now, fences=fences)


class Shelf(Generic[K]):
    """Entries by key; `entries` is read without a lock, changed under it. `asked_at` is for those who read there."""

    __slots__ = ("_lock", "asked_at", "bytes", "entries", "evictions")

    def __init__(self) -> None:
        self.entries: dict[K, Entry] = {}
        self.bytes = self.evictions = 0
        self.asked_at = 0.0
        self._lock = Lock()

    def put(self, key: K, entry: Entry, *, limit_bytes: int) -> bool:
        """Keep the entry, forgetting the oldest ones where that is needed; False where it is too large by itself."""
        with self._lock:
            self._drop(key)
            if entry.size > limit_bytes:
                return False
            while self.entries and self.bytes + entry.size > limit_bytes:
                self._drop(next(iter(self.entries)))
                self.evictions += 1
            self.entries[key] = entry
            self.bytes += entry.size
            self.asked_at = max(self.asked_at, entry.asked_at)
        return True

    def all(self) -> Iterator[tuple[K, Entry]]:
        """Yield keys and entries as they were a moment ago, oldest first; makes no list of pairs."""
        for key in list(self.entries):
            entry = self.entries.get(key)
            if entry is not None:
                yield key, entry

    def swap(self, key: K, old: Entry, new: Entry) -> bool:
        """Put the entry in the place of another of its size; False where that is not there any more."""
        with self._lock:
            is_there = self.entries.get(key) is old
            if is_there:
                if new.asked_at > old.stored_at:  # what nobody asked for meanwhile goes on growing old
                    del self.entries[key]
                self.entries[key] = new
        return is_there

    def drop(self, key: K) -> None:
        """Forget an entry, if it is there."""
        with self._lock:
            self._drop(key)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self.entries.clear()
            self.bytes = 0

    def _drop(self, key: K) -> None:
        entry = self.entries.pop(key, None)
        if entry is not None:
            self.bytes -= entry.size


class Scale:
    """Weighs values by their encoded size: what an encoded byte takes as objects is measured now and then."""

    __slots__ = ("_count", "_ratio")

    def __init__(self) -> None:
        self._count, self._ratio = 0, 1.0

    def weigh(self, value: Any, encoded_bytes: int) -> int:
        """Return about how many bytes an entry with the value takes."""
        if type(value) is bytes:
            return encoded_bytes + OVERHEAD_BYTES
        if self._count < MEASURE_FIRST or self._count % MEASURE_EVERY == 0:
            measured = deep_bytes(value) / max(1, encoded_bytes)
            self._ratio = measured if self._count == 0 else 0.5 * self._ratio + 0.5 * measured
        self._count += 1
        return int(encoded_bytes * self._ratio) + OVERHEAD_BYTES


def deep_bytes(value: Any) -> int:
    """Return the size of a value with all that belongs to it alone: each object once, the interpreter's own not."""
    seen: set[int] = set()
    waiting, total = [value], 0
    while waiting:
        one = waiting.pop()
        if one is None or one is True or one is False or id(one) in seen or (type(one) is int and one in SMALL):
            continue
        seen.add(id(one))
        total += sys.getsizeof(one)
        waiting.extend(_parts(one))
    return total


def _parts(value: Any) -> list[Any]:
    if isinstance(value, tuple | frozenset):
        return list(value)
    slots: list[str] = [name for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ())]
    parts = [getattr(value, name, None) for name in slots if not name.startswith("__")]
    if inner := getattr(value, "__dict__", None):
        parts += [inner, *inner.values()]
    return parts
