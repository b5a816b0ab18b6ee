"""Level 3 in the database, where there is no Redis: the log of invalidations is the clock of tags.

A tag's stamp is how many rows the log has of it and the largest id among them; both, for on Postgres ids are not
committed in their order. A commit is atomic, so nothing has to be held.
"""

import sqlite3
import time
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections, transaction
from django.db.models import Sum
from django.db.models.functions import Length

from apps.caching.exceptions import UnavailableError
from apps.caching.models import StoredEntry
from apps.caching.record import Stamps
from apps.caching.stores import invalidations
from apps.caching.stores.store import Answer, Data, Lease, Place, Weight

STAMPS = "SELECT tag, COUNT(*), MAX(id), {} FROM caching_invalidation WHERE tag IN ({}) GROUP BY tag"
ENTRIES = "SELECT digest, 0, 0, data FROM caching_storedentry WHERE digest IN ({}) UNION ALL "
# Of each tag all rows but the last go after ten minutes, and the last when every entry from before it is gone.
SUPERSEDED = (
    "DELETE FROM caching_invalidation WHERE created_at < %s AND id <"
    " (SELECT MAX(later.id) FROM caching_invalidation AS later WHERE later.tag = caching_invalidation.tag)"
)
SUPERSEDED_SECONDS, PRUNE_SECONDS = 600.0, 300.0
LIFE_SECONDS_MAX = 3 * 86_400.0
QUEUE_MAX = 1_000
NEVER = b"0:0"
Waiting = tuple[Place, Stamps, Data, float]


class DatabaseStore:
    """Reads in one query. Writes entries in batches, aside: a load must not wait for the disk."""

    lost = ""  # what is lost with it is the site

    def __init__(self) -> None:
        self._waiting: deque[Waiting] = deque(maxlen=QUEUE_MAX)
        self._is_tended = False
        self._pruned_at = 0.0

    def read(self, places: Sequence[Place], *, with_entries: bool = True) -> list[Answer]:
        """Return an answer for each place. One query."""
        names = tuple(dict.fromkeys(name for place in places for name in place.tags))
        digests = [place.digest for place in places] if with_entries else []
        try:
            rows = _rows(names, digests)
        except (DatabaseError, sqlite3.Error) as error:
            raise UnavailableError(str(error)) from error
        return [Answer(_entry(rows, place), _stamps(rows, place)) for place in places]

    def fill(self, place: Place, stamps: Stamps, data: Data, *, seconds: float) -> bool:
        """Have the entry kept soon, unless its stamps change until then; without anybody who tends, not at all.

        Does not block.
        """
        if self._is_tended:
            self._waiting.append((place, stamps, data, time.time() + seconds))
        return True

    def drop(self, digest: str) -> None:
        """Forget an entry. One statement."""
        try:
            StoredEntry.objects.filter(pk=digest).delete()
        except DatabaseError as error:
            raise UnavailableError(str(error)) from error

    def weight(self) -> Weight:
        """Return the size of the entries. One query, which looks at each of them."""
        try:
            return Weight(StoredEntry.objects.aggregate(stored=Sum(Length("data")))["stored"] or 0)
        except DatabaseError as error:
            raise UnavailableError(str(error)) from error

    def hold(self, names: Sequence[str], connection: Any) -> Lease:
        """Write the tags into the transaction: whoever sees its rows sees these."""
        invalidations.log(names, connection)
        return Lease(names=tuple(names), token="")

    def release(self, lease: Lease) -> None:
        """Do nothing: the commit said it."""

    def tend(self) -> None:
        """Write what waits, and now and then remove what is over."""
        self._is_tended = True
        while self._waiting:
            self._write([self._waiting.popleft() for _ in range(min(100, len(self._waiting)))])
        if time.monotonic() - self._pruned_at > PRUNE_SECONDS:
            self._pruned_at = time.monotonic()
            _prune()

    def _write(self, batch: list[Waiting]) -> None:
        """Keep what is still current; the stamps are read again, though a read tells a stale entry by itself."""
        latest = {place.digest: (place, stamps, data, until) for place, stamps, data, until in batch}
        answers = self.read([place for place, *_ in latest.values()], with_entries=False)
        StoredEntry.objects.bulk_create(
            (
                StoredEntry(digest=place.digest, data=data(), expires_at=until)
                for (place, stamps, data, until), answer in zip(latest.values(), answers, strict=True)
                if answer.stamps == stamps
            ),
            update_conflicts=True,
            unique_fields=["digest"],
            update_fields=["data", "expires_at"],
        )


def _rows(names: Sequence[str], digests: Sequence[str]) -> dict[str, tuple[int, int, Any]]:
    connection = connections[DEFAULT_DB_ALIAS]  # once: the way to it takes as long as a tenth of the query
    if connection.vendor == "sqlite":
        rows = _sqlite_rows(connection, _question("sqlite", len(names), len(digests)), (*digests, *names))
    else:
        with connection.cursor() as cursor:
            cursor.execute(_question(connection.vendor, len(names), len(digests)), (*digests, *names))
            rows = cursor.fetchall()
    return {name: (count, last, data) for name, count, last, data in rows}


def _sqlite_rows(connection: Any, sql: str, words: Sequence[str]) -> list[tuple[str, int, int, Any]]:
    """Ask the driver itself: it keeps the statement prepared, and what Django adds to one takes twice as long."""
    if connection.connection is None:
        connection.connect()
    return connection.connection.execute(sql, words).fetchall()  # type: ignore[no-any-return]


@lru_cache(maxsize=64)
def _question(vendor: str, names: int, digests: int) -> str:
    mark = "?" if vendor == "sqlite" else "%s"
    nothing = "CAST(NULL AS BYTEA)" if vendor == "postgresql" else "NULL"
    entries = ENTRIES.format(", ".join([mark] * digests)) if digests else ""
    return entries + STAMPS.format(nothing, ", ".join([mark] * names))


def _entry(rows: dict[str, tuple[int, int, Any]], place: Place) -> bytes | None:
    found = rows.get(place.digest)
    return bytes(found[2]) if found is not None else None


def _stamps(rows: dict[str, tuple[int, int, Any]], place: Place) -> Stamps:
    return tuple([b"%d:%d" % rows[name][:2] if name in rows else NEVER for name in place.tags])


def _prune() -> None:
    moment = connection.ops.adapt_datetimefield_value
    now = time.time()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(SUPERSEDED, [moment(_at(now - SUPERSEDED_SECONDS))])
        cursor.execute("DELETE FROM caching_invalidation WHERE created_at < %s", [moment(_at(now - LIFE_SECONDS_MAX))])
        cursor.execute("DELETE FROM caching_storedentry WHERE expires_at < %s", [now])
        cursor.execute("DELETE FROM caching_cell WHERE expires_at < %s", [now])


def _at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, tz=UTC)
