"""Django's cache framework: its documented semantics, over cells that all processes share."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.core.exceptions import ImproperlyConfigured

from apps.caching.backend.area import area
from apps.caching.backend.asynchronous import Asynchronous
from apps.caching.backend.values import Values
from apps.caching.exceptions import EntryError, UnavailableError

_nothing = object()


class LevelledCache(Asynchronous, BaseCache):
    """`{"BACKEND": "apps.caching.backend.LevelledCache", "LOCATION": "default"}`; the location names the area.

    While Redis does not answer, reads find nothing, writes keep nothing, and what they should have replaced or removed
    is forgotten before Redis is trusted again.
    """

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        is_pickle_allowed = params.get("OPTIONS", {}).get("ALLOW_PICKLE", False)
        if type(is_pickle_allowed) is not bool:
            raise ImproperlyConfigured(f"CACHES, OPTIONS: ALLOW_PICKLE is True or False, not {is_pickle_allowed!r}.")
        self._values = Values(is_pickle_allowed=is_pickle_allowed)
        self.area = area(location, prefix=self.key_prefix)

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        """Return the value or the default. Blocks for a round trip, if it must."""
        made = self.make_and_validate_key(key, version=version)
        payload = self.area.near(made)
        return self._decoded(self.area.get([made]).get(made) if payload is None else payload, default)

    def near(self, key: Any, version: int | None = None) -> tuple[Any, ...]:
        """Return the value in a tuple if memory has it, else an empty one. Never blocks."""
        payload = self.area.near(self.make_and_validate_key(key, version=version))
        found = self._decoded(payload, _nothing)
        return () if found is _nothing else (found,)

    def get_many(self, keys: Iterable[Any], version: int | None = None) -> dict[Any, Any]:
        """Return the values that there are. Blocks for one round trip, if it must."""
        made = {key: self.make_and_validate_key(key, version=version) for key in keys}
        payloads = self.area.get(list(made.values()))
        values = {key: self._decoded(payloads.get(name), _nothing) for key, name in made.items()}
        return {key: value for key, value in values.items() if value is not _nothing}

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        """Keep the value. Blocks for a round trip; raises TypeError for a type that is not safe."""
        self.set_many({key: value}, timeout, version)

    def set_many(
        self, data: Mapping[Any, Any], timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> list[Any]:
        """Keep the values; return the keys that were not kept: none, or all. Blocks for one round trip."""
        payloads = {
            self.make_and_validate_key(key, version=version): self._values.encode(value) for key, value in data.items()
        }
        seconds = self._seconds(timeout)
        if not payloads:
            return []
        if seconds is not None and seconds <= 0:
            self._delete(payloads)
            return []
        return [] if self.area.write(payloads, seconds) else list(data)

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Keep the value where there is none; return whether it was. One step for all processes."""
        made = self.make_and_validate_key(key, version=version)
        frame, seconds = self.area.frame(made, self._values.encode(value)), self._seconds(timeout)
        digest = self.area.digest(made)
        try:
            if seconds is not None and seconds <= 0:
                return self.area.cells.read([digest]) == [None]
            added = self.area.cells.add(digest, frame, seconds)
        except UnavailableError:
            return False
        if added:
            self.area.changed([digest])
        return added

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Let the value's life begin anew; return whether there was one."""
        made = self.make_and_validate_key(key, version=version)
        seconds = self._seconds(timeout)
        if seconds is not None and seconds <= 0:
            return self._delete([made])
        try:
            return self.area.cells.touch(self.area.digest(made), seconds)
        except UnavailableError:
            return False

    def delete(self, key: Any, version: int | None = None) -> bool:
        """Forget the value; return whether there was one."""
        return self._delete([self.make_and_validate_key(key, version=version)])

    def delete_many(self, keys: Iterable[Any], version: int | None = None) -> None:
        """Forget the values. Blocks for one round trip."""
        if made := [self.make_and_validate_key(key, version=version) for key in keys]:
            self._delete(made)

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> Any:
        """Add to the value and return the sum; raise ValueError where there is none. No other change is lost."""
        made = self.make_and_validate_key(key, version=version)
        digest = self.area.digest(made)
        while (old := self._frame(digest)) is not None:
            value = self._opened(made, old) + delta
            if self._is_swapped(digest, old, self.area.frame(made, self._values.encode(value))):
                self.area.changed([digest])
                return value
        raise ValueError(f"Key {key!r} not found")

    def clear(self) -> None:
        """Forget all values of this location and prefix."""
        self.area.clear()

    def _delete(self, made: Iterable[str]) -> bool:
        digests = [self.area.digest(key) for key in made]
        try:
            return self.area.cells.delete(digests)
        except UnavailableError:
            return False
        finally:
            self.area.changed(digests)

    def _frame(self, digest: str) -> bytes | None:
        try:
            return self.area.cells.read([digest])[0]
        except UnavailableError:
            return None

    def _is_swapped(self, digest: str, old: bytes, new: bytes) -> bool:
        try:
            return self.area.cells.swap(digest, old, new)
        except UnavailableError:
            raise ValueError("The store does not answer") from None

    def _opened(self, made: str, frame: bytes) -> Any:
        try:
            return self._values.decode(self.area.opened(made, frame))
        except EntryError as error:
            raise ValueError(f"Key not found: {error}") from None

    def _decoded(self, payload: bytes | None, default: Any) -> Any:
        if payload is None:
            return default
        try:
            return self._values.decode(payload)
        except EntryError:
            self.area.tally.misses["corrupt"] += 1
            return default

    def _seconds(self, timeout: Any) -> float | None:
        """Return how long a value is to live, None for ever."""
        chosen = self.default_timeout if timeout == DEFAULT_TIMEOUT else timeout
        return None if chosen is None else float(chosen)
