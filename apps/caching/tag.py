"""A tag in this process: what values depend on, with the version that they were read under.

There is one object per name while anything refers to it, so memory is bounded by the entries that are kept, and an
entry is checked by comparing one attribute per tag.
"""

from collections.abc import Iterable
from threading import Lock
from weakref import WeakValueDictionary

HELD = -1

Fences = tuple[tuple["Tag", int], ...]


class Tag:
    """`version` is what entries compare; it is HELD while a transaction of this process is about to change it."""

    __slots__ = ("__weakref__", "_holders", "_kept", "name", "version")

    def __init__(self, name: str) -> None:
        self.name = name
        self.version = self._kept = self._holders = 0

    def hold(self) -> None:
        """Let no entry be current; the caller has the lock."""
        self._holders += 1
        self.version = HELD

    def release(self) -> None:
        """End one hold, under a new version; the caller has the lock."""
        self._holders -= 1
        self.bump()

    def bump(self) -> None:
        """Let what was read so far be current no more; the caller has the lock."""
        self._kept += 1
        self.version = HELD if self._holders else self._kept


class Tags:
    """The tags of a process: each the same object for all who hold it. Nothing here blocks for long."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._tags: WeakValueDictionary[str, Tag] = WeakValueDictionary()

    def of(self, names: Iterable[str]) -> tuple[Tag, ...]:
        """Return the tags of these names."""
        with self._lock:
            return tuple([self._tag(name) for name in names])

    def known(self, names: Iterable[str]) -> set[Tag]:
        """Return those that something refers to."""
        with self._lock:
            return {tag for name in names if (tag := self._tags.get(name)) is not None}

    def hold(self, names: Iterable[str]) -> tuple[Tag, ...]:
        """Hold the tags and return them, to be released: who reads meanwhile asks the source, and keeps nothing."""
        with self._lock:
            held = tuple(self._tag(name) for name in names)
            for tag in held:
                tag.hold()
        return held

    def release(self, held: Iterable[Tag]) -> None:
        """Release tags that were held; entries from before are current no more."""
        with self._lock:
            for tag in held:
                tag.release()

    def bump(self, names: Iterable[str]) -> None:
        """Let entries under these tags be current no more; names that nothing refers to cost nothing."""
        with self._lock:
            for name in names:
                if tag := self._tags.get(name):
                    tag.bump()

    def bump_all(self) -> None:
        """Let no entry of this process be current."""
        with self._lock:
            for tag in list(self._tags.values()):
                tag.bump()

    def _tag(self, name: str) -> Tag:
        found = self._tags.get(name)
        if found is None:
            self._tags[name] = found = Tag(name)
        return found


tags = Tags()


def captured(wanted: Iterable[Tag]) -> Fences | None:
    """Return the tags with their versions, before a value is read; None while one of them is held."""
    fences = tuple([(tag, tag.version) for tag in wanted])
    for _, version in fences:
        if version == HELD:
            return None
    return fences


def is_unmoved(fences: Fences) -> bool:
    """Return whether nothing was invalidated, or is about to be, since the fences were captured."""
    for tag, version in fences:  # noqa: SIM110  (a generator costs three times as much)
        if tag.version != version:
            return False
    return True
