"""Cells in Redis. Each begins with the generation of its area and the epoch of the server: under others it is none.

So an area is cleared in one step, and nothing that a restart, a failover or a lost deletion brings back is current.
"""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection

from apps.caching.backend.scripts import ADD, DELETE, SWAP, TOUCH, WRITE
from apps.caching.exceptions import UnavailableError
from apps.caching.models import Invalidation
from apps.caching.stores import invalidations
from apps.caching.stores.redis_store import RedisStore
from apps.caching.stores.wire import EPOCH_KEY, PREFIX

FOR_EVER = ""


class RedisCells:
    """Reads are one MGET, all else one script. A change that Redis was not told clears the area on its return."""

    def __init__(self, store: RedisStore, area: str) -> None:
        self._store, self._tag = store, f"django:{area}"
        self._generation = f"{PREFIX}t:{self._tag}"  # as a stamp is called: what delivers those ends this as well

    def read(self, digests: Sequence[str]) -> list[bytes | None]:
        """Return what each holds."""
        epoch, generation, *found = self._store.ask("MGET", EPOCH_KEY, self._generation, *map(_cell, digests))
        if epoch is None or generation is None:
            return [None] * len(digests)
        head = b"%s;%s;" % (generation, epoch)
        return [one[len(head) :] if one is not None and one.startswith(head) else None for one in found]

    def write(self, frames: Mapping[str, bytes], seconds: float | None) -> None:
        """Keep the frames; where Redis does not answer, see to it that what they replace is forgotten."""
        try:
            self._run(WRITE, list(frames), _milliseconds(seconds), *frames.values())
        except UnavailableError:
            self._log()
            raise

    def add(self, digest: str, frame: bytes, seconds: float | None) -> bool:
        """Keep the frame where there is none."""
        return bool(self._run(ADD, [digest], _milliseconds(seconds), frame))

    def swap(self, digest: str, old: bytes, new: bytes) -> bool:
        """Put the new frame in the place of the old one."""
        return bool(self._run(SWAP, [digest], old, new))

    def touch(self, digest: str, seconds: float | None) -> bool:
        """Let the life begin anew."""
        return bool(self._run(TOUCH, [digest], _milliseconds(seconds)))

    def delete(self, digests: Sequence[str]) -> bool:
        """Forget the frames, at the latest when Redis answers again."""
        try:
            return bool(self._run(DELETE, digests))
        except UnavailableError:
            self._log()
            raise

    def clear(self) -> None:
        """Begin a new generation."""
        try:
            self._store.ask("UNLINK", self._generation)
        except UnavailableError:
            self._log()
            raise

    def _run(self, script: str, digests: Sequence[str], *args: str | int | bytes) -> Any:
        keys = [EPOCH_KEY, self._generation, *map(_cell, digests)]
        return self._store.run(script, keys=keys, args=[secrets.token_hex(8), *args])

    def _log(self) -> None:
        """Leave word in the database, once: the log's delivery ends the generation."""
        if not Invalidation.objects.filter(tag=self._tag).exists():
            invalidations.log([self._tag], connection)


def _cell(digest: str) -> str:
    return f"{PREFIX}d:{digest}"


def _milliseconds(seconds: float | None) -> str | int:
    return FOR_EVER if seconds is None else max(1, round(seconds * 1000))
