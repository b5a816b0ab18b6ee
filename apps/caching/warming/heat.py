"""Which keys of a namespace are asked for, by a sample of the hits: one in 64 in memory, all that go further.

Notes cost a hit a comparison. They are written to the database now and then, by the thread that tends the store.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import NamedTuple

from apps.caching.keys import Key
from apps.caching.memory import Entry

EVERY = 64  # a power of two
KEYS_MAX = 4_096  # between two writes; more are not noted


class _Thread(threading.local):
    """Whether what this thread reads is nobody's wish."""

    is_warming = False


_thread = _Thread()


@contextmanager
def unnoted() -> Iterator[None]:
    """Let what this thread reads make nothing hotter: warming would keep alive what nobody asks for."""
    _thread.is_warming = True
    try:
        yield
    finally:
        _thread.is_warming = False


class Note(NamedTuple):
    """What happened to a key: hits by level, loads, and the entry that was given out last."""

    l1: int
    l2: int
    l3: int
    loads: int
    entry: Entry


class Heat:
    """The notes of one namespace. Noting may be seen half done by nobody: it is under a lock, and rare."""

    __slots__ = ("_lock", "_notes")

    def __init__(self) -> None:
        self._lock = Lock()
        self._notes: dict[Key, Note] = {}

    def note(self, key: Key, entry: Entry, *, l1: int = 0, l2: int = 0, l3: int = 0, loads: int = 0) -> None:
        """Count what the sample stands for."""
        if _thread.is_warming:
            return
        with self._lock:
            known = self._notes.get(key)
            if known is None and len(self._notes) >= KEYS_MAX:
                return
            before = known or Note(0, 0, 0, 0, entry)
            self._notes[key] = Note(before.l1 + l1, before.l2 + l2, before.l3 + l3, before.loads + loads, entry)

    def taken(self) -> dict[Key, Note]:
        """Return the notes so far and begin anew."""
        with self._lock:
            notes, self._notes = self._notes, {}
        return notes
