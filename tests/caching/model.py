"""The protocol of level 3 with a clock of its own: what the scripts do in Redis, in memory, and without its guards."""

import secrets
from collections.abc import Sequence
from typing import Any

from apps.caching.record import Stamps
from apps.caching.stores.store import Answer, Data, Lease, Place, Weight


class Model:
    """A store as `Store` promises it. Unfenced, it holds nothing and keeps whatever is filled in."""

    def __init__(self, *, is_fenced: bool = True, hold_seconds: float = 5.0) -> None:
        self.now, self._is_fenced, self._hold_seconds = 0.0, is_fenced, hold_seconds
        self._stamps: dict[str, bytes] = {}
        self._holds: dict[str, dict[str, float]] = {}
        self._entries: dict[str, tuple[bytes, float]] = {}

    def read(self, places: Sequence[Place], *, with_entries: bool = True) -> list[Answer]:
        return [Answer(self._data(place) if with_entries else None, self._under(place)) for place in places]

    def fill(self, place: Place, stamps: Stamps, data: Data, *, seconds: float) -> bool:
        is_current = not self._is_fenced or self._under(place, is_made=False) == stamps
        if is_current:
            self._entries[place.digest] = data(), self.now + seconds
        return is_current

    def drop(self, digest: str) -> None:
        self._entries.pop(digest, None)

    def hold(self, names: Sequence[str], connection: Any) -> Lease:
        lease = Lease(names=tuple(names), token=secrets.token_hex(4))
        if self._is_fenced:
            for name in names:
                self._stamps.pop(name, None)
                self._holds.setdefault(name, {})[lease.token] = self.now + self._hold_seconds
        return lease

    def release(self, lease: Lease) -> None:
        for name in lease.names:
            self._stamps.pop(name, None)
            self._holds.get(name, {}).pop(lease.token, None)

    def weight(self) -> Weight:
        return Weight(sum(len(data) for data, _ in self._entries.values()))

    def tend(self) -> None:
        """Nothing is due."""

    def flush(self) -> None:
        """Forget everything, as Redis does."""
        self._stamps.clear()
        self._holds.clear()
        self._entries.clear()

    def _data(self, place: Place) -> bytes | None:
        data, until = self._entries.get(place.digest, (None, 0.0))
        return data if until > self.now else None

    def _under(self, place: Place, *, is_made: bool = True) -> Stamps | None:
        if any(self._is_held(name) for name in place.tags):
            return None
        if not is_made and any(name not in self._stamps for name in place.tags):
            return None
        return tuple(self._stamps.setdefault(name, secrets.token_hex(8).encode()) for name in place.tags)

    def _is_held(self, name: str) -> bool:
        return any(until > self.now for until in self._holds.get(name, {}).values())
