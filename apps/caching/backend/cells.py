"""Cells: what Django's cache is kept in. Unlike entries, which can be loaded again, a cell is the value itself."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from apps.caching.backend.database_cells import DatabaseCells
from apps.caching.backend.redis_cells import RedisCells
from apps.caching.current import store
from apps.caching.stores.redis_store import RedisStore


class Cells(Protocol):
    """Frames by digest, of one area. Each call is one step for all processes and blocks for one round trip.

    Raises UnavailableError. `seconds` is how long a cell lives, None for ever.
    """

    def read(self, digests: Sequence[str]) -> list[bytes | None]:
        """Return what each holds."""
        ...

    def write(self, frames: Mapping[str, bytes], seconds: float | None) -> None:
        """Keep the frames."""
        ...

    def add(self, digest: str, frame: bytes, seconds: float | None) -> bool:
        """Keep the frame where there is none; return whether it was."""
        ...

    def swap(self, digest: str, old: bytes, new: bytes) -> bool:
        """Put the new frame in the place of the old one, with its life; False where it is not there any more."""
        ...

    def touch(self, digest: str, seconds: float | None) -> bool:
        """Let the life begin anew; return whether there was a frame."""
        ...

    def delete(self, digests: Sequence[str]) -> bool:
        """Forget the frames; return whether there was any."""
        ...

    def clear(self) -> None:
        """Forget all of the area."""
        ...


def cells(area: str) -> Cells:
    """Return an area's cells in the store of this process."""
    found = store()
    return RedisCells(found, area) if isinstance(found, RedisStore) else DatabaseCells(area)
