"""An area: all that the processes' threads share of one of Django's caches, for Django makes a cache per thread."""

import time
from collections.abc import Mapping, Sequence
from threading import Lock

from django.conf import settings
from django.db import transaction

from apps.backplane.current import bus
from apps.caching.backend.cells import Cells, cells
from apps.caching.backend.policy import DjangoCachePolicy
from apps.caching.envelope import unwrapped, wrapped
from apps.caching.exceptions import EntryError, UnavailableError
from apps.caching.keys import digest_of
from apps.caching.memory import OVERHEAD_BYTES, Entry, Shelf
from apps.caching.statistics import Tally
from apps.caching.tag import Fences, captured, is_unmoved, tags
from apps.caching.topic import tell
from apps.caching.transactions import is_inside
from apps.tuning.handle import Handle
from apps.tuning.registry import declare

BACKEND = "apps.caching.backend.LevelledCache"
_areas: dict[tuple[str, str], "Area"] = {}
_policies: dict[str, Handle[DjangoCachePolicy]] = {}
_lock = Lock()


class Area:
    """Values as bytes, by key. What this process read lately is given out again; a change is told to all processes.

    In a transaction the store is always asked: what it says may be undone, or be nobody else's.
    """

    def __init__(self, name: str, *, prefix: str) -> None:
        self.name, self.policy = f"django.{name}", _policy(name)
        self._digest = digest_of((name, prefix), namespace="django", version=1, clearings=0)
        self.tally, self.shelf = Tally(), Shelf[str]()

    @property
    def cells(self) -> Cells:
        """The cells in the store of this process."""
        return cells(self._digest)

    def digest(self, key: str) -> str:
        """Return what stores know the key by."""
        return digest_of((self._digest, key), namespace="django", version=1, clearings=0)

    def get(self, keys: Sequence[str]) -> dict[str, bytes]:
        """Return what is kept under the keys. Blocks for one round trip, unless memory has all."""
        near = {key: found for key in keys if (found := self.near(key)) is not None}
        far = [key for key in keys if key not in near]
        if not far:
            return near
        try:
            return near | self._read(far)
        except UnavailableError:
            self.tally.misses["error"] += len(far)
            return near

    def near(self, key: str) -> bytes | None:
        """Return what this process may give out without asking. Never blocks."""
        entry = self.shelf.entries.get(key)
        if entry is None or time.monotonic() - entry.stored_at >= self.policy.current.l1_seconds:
            return None
        for tag, version in entry.fences:
            if tag.version != version:
                return None
        if is_inside():
            return None
        self.tally.l1 += 1
        return entry.value  # type: ignore[no-any-return]

    def frame(self, key: str, payload: bytes) -> bytes:
        """Return the payload as stores hold it, bound to its key."""
        return wrapped(payload, self._place(key), is_sensitive=self.policy.current.is_sensitive)

    def opened(self, key: str, frame: bytes) -> bytes:
        """Return what is in a frame; raise EntryError."""
        return unwrapped(frame, self._place(key), is_sensitive=self.policy.current.is_sensitive)

    def write(self, payloads: Mapping[str, bytes], seconds: float | None) -> bool:
        """Keep the payloads; return whether the store did."""
        frames = {self.digest(key): self.frame(key, payload) for key, payload in payloads.items()}
        try:
            self.cells.write(frames, seconds)
        except UnavailableError:
            return False
        finally:
            self.changed(list(frames))
        self.tally.fills += len(frames)
        return True

    def clear(self) -> None:
        """Forget all of the area; where the store does not answer, when it does again."""
        try:
            self.cells.clear()
        except UnavailableError:
            return
        finally:
            self.changed()

    def changed(self, digests: Sequence[str] | None = None) -> None:
        """Have no process give out what it has of these; None: of the whole area."""
        names = [self._digest] if digests is None else [f"{self._digest}:{digest}" for digest in digests]
        _say(names)
        if is_inside():
            transaction.on_commit(lambda: _say(names), robust=True)

    def _read(self, keys: Sequence[str]) -> dict[str, bytes]:
        fences = {key: captured(tags.of((f"{self._digest}:{self.digest(key)}", self._digest))) for key in keys}
        frames = self.cells.read([self.digest(key) for key in keys])
        found: dict[str, bytes] = {}
        for key, frame in zip(keys, frames, strict=True):
            payload = self._payload(key, frame)
            if payload is not None:
                found[key] = payload
                self._remember(key, payload, fences[key])
        self.tally.l3 += len(found)
        return found

    def _payload(self, key: str, frame: bytes | None) -> bytes | None:
        try:
            if frame is not None:
                return self.opened(key, frame)
            self.tally.misses["cold"] += 1
        except EntryError:
            self.tally.misses["corrupt"] += 1
        return None

    def _remember(self, key: str, payload: bytes, fences: Fences | None) -> None:
        policy = self.policy.current
        if fences is None or not policy.l1_seconds or is_inside() or not is_unmoved(fences):
            return
        now = time.monotonic()
        entry = Entry(
            value=payload, fences=fences, stamps=(), stored_at=now, loaded_at=now, kept_at=now,
            load_seconds=0.0, life=0.0, draw=0.0, size=len(payload) + OVERHEAD_BYTES,
        )  # fmt: skip
        self.shelf.put(key, entry, limit_bytes=policy.l1_bytes)

    def _place(self, key: str) -> str:
        return f"django:{self.digest(key)}"


def _say(names: Sequence[str]) -> None:
    tags.bump(names)
    tell(bus(), names)


def area(name: str, *, prefix: str) -> Area:
    """Return the area, the same for all caches of this location and prefix."""
    with _lock:
        if (name, prefix) not in _areas:
            _areas[name, prefix] = Area(name, prefix=prefix)
        return _areas[name, prefix]


def _policy(name: str) -> Handle[DjangoCachePolicy]:
    if name not in _policies:
        title = f"Cache: Django's cache {name}"
        _policies[name] = declare(DjangoCachePolicy, name=f"cache_django_{name}", title=title)
    return _policies[name]


def areas() -> tuple[Area, ...]:
    """Return all areas by name."""
    return tuple(_areas[name] for name in sorted(_areas))


def declare_areas() -> None:
    """Declare what staff may turn of the caches that the settings name, before anybody uses them."""
    for entry in settings.CACHES.values():
        if entry.get("BACKEND") == BACKEND:
            area(entry["LOCATION"], prefix=entry.get("KEY_PREFIX", ""))
