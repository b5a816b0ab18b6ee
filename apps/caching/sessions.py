"""Level 2: what a session has read, in this process, until the session ends."""

from collections.abc import Iterator
from dataclasses import dataclass
from threading import Lock

from apps.backplane.current import bus
from apps.caching.keys import Key
from apps.caching.memory import Entry, Shelf
from apps.caching.policy import memory

TOPIC = "caching.sessions"
Place = tuple[str, Key]  # the namespace's name and the key in it


@dataclass(slots=True)
class Held:
    """How much sessions hold of a namespace."""

    entries: int = 0
    bytes: int = 0


class Sessions:
    """A shelf per session. Who stored least lately goes first when all together take too much."""

    def __init__(self) -> None:
        self._shelves: dict[str, Shelf[Place]] = {}
        self._lock = Lock()
        self.bytes = self.evictions = 0

    def shelf(self, session: str) -> Shelf[Place] | None:
        """Return what the session has, to be read."""
        return self._shelves.get(session)

    def shelves(self) -> Iterator[tuple[str, Shelf[Place]]]:
        """Yield the sessions as they were a moment ago, with what they have."""
        for session in list(self._shelves):
            shelf = self._shelves.get(session)
            if shelf is not None:
                yield session, shelf

    def get(self, session: str, key: Place) -> Entry | None:
        """Return the session's entry."""
        shelf = self._shelves.get(session)
        return shelf.entries.get(key) if shelf is not None else None

    def put(self, session: str, key: Place, entry: Entry) -> None:
        """Keep the entry for the session, within its quota and that of all."""
        policy = memory.current
        with self._lock:
            shelf = self._shelves.pop(session, None) or Shelf[Place]()
            self._shelves[session] = shelf
            before, evicted = shelf.bytes, shelf.evictions
            shelf.put(key, entry, limit_bytes=min(policy.l2_session_bytes, policy.l2_bytes))
            self.bytes += shelf.bytes - before
            self.evictions += shelf.evictions - evicted
            while self.bytes > policy.l2_bytes:
                self._forget(next(iter(self._shelves)))
                self.evictions += 1

    def swap(self, session: str, key: Place, old: Entry, new: Entry) -> None:
        """Put an entry of the session in the place of another of its size, if that is still there.

        It counts as storing where somebody asked since the other was stored.
        """
        with self._lock:
            shelf = self._shelves.get(session)
            if shelf is not None and shelf.swap(key, old, new) and new.asked_at > old.stored_at:
                self._shelves[session] = self._shelves.pop(session)

    def drop(self, session: str, key: Place) -> None:
        """Forget one entry of a session."""
        with self._lock:
            if shelf := self._shelves.get(session):
                before = shelf.bytes
                shelf.drop(key)
                self.bytes += shelf.bytes - before

    def end(self, session: str) -> None:
        """Forget a session."""
        with self._lock:
            self._forget(session)

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._shelves.clear()
            self.bytes = 0

    def clear_namespace(self, name: str) -> None:
        """Forget what all sessions have of a namespace."""
        with self._lock:
            for shelf in self._shelves.values():
                before = shelf.bytes
                for place in [place for place in shelf.entries if place[0] == name]:
                    shelf.drop(place)
                self.bytes += shelf.bytes - before

    def count(self) -> tuple[int, int]:
        """Return how many sessions there are, and how many entries."""
        shelves = list(self._shelves.values())
        return len(shelves), sum(len(shelf.entries) for shelf in shelves)

    def held(self) -> dict[str, Held]:
        """Return what is held by the names of the namespaces; looks at every entry."""
        found: dict[str, Held] = {}
        for _, (name, _), entry in self.all():
            one = found.setdefault(name, Held())
            one.entries += 1
            one.bytes += entry.size
        return found

    def all(self) -> Iterator[tuple[str, Place, Entry]]:
        """Yield sessions, places and entries as they were a moment ago."""
        for session, shelf in self.shelves():
            for place, entry in shelf.all():
                yield session, place, entry

    def _forget(self, session: str) -> None:
        if shelf := self._shelves.pop(session, None):
            self.bytes -= shelf.bytes


sessions = Sessions()


def end_session(session: str) -> None:
    """Forget what the session has read: here at once, in the other processes as soon as they hear. Does not block."""
    sessions.end(session)
    bus().publish(TOPIC, session)
