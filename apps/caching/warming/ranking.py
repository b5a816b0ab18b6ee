"""The keys that are asked for most, in the database: what is warmed first, and what staff see."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
from django.db import connection, transaction
from django.db.models import F

from apps.caching.keys import Key, digest_of
from apps.caching.models import HotKey
from apps.caching.namespace import Namespace, namespaces
from apps.caching.warming.heat import Note

WRITE_SECONDS, HALVE_SECONDS = 10.0, 3_600.0
FORGET_SECONDS = 7 * 86_400.0
ROWS_MAX, KEYS_PER_WRITE = 20_000, 2_000
COLUMNS = (
    "digest",
    "namespace",
    "key",
    "tags",
    "size",
    "l1",
    "l2",
    "l3",
    "loads",
    "load_seconds",
    "loaded_at",
    "seen_at",
)
SUMS = ("l1", "l2", "l3", "loads")
ADDED = ", ".join(f"{name} = caching_hotkey.{name} + EXCLUDED.{name}" for name in SUMS)
LATEST = ", ".join(f"{name} = EXCLUDED.{name}" for name in ("tags", "size", "load_seconds", "loaded_at", "seen_at"))
UPSERT = (
    f"INSERT INTO caching_hotkey ({', '.join(COLUMNS)}) VALUES ({', '.join(['%s'] * len(COLUMNS))})"  # noqa: S608  (constants)
    f" ON CONFLICT (digest) DO UPDATE SET {ADDED}, {LATEST}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedKey:
    """A key by its digest; `key` where its namespace can load it again. Times are seconds since 1970."""

    digest: str
    namespace: str
    key: Key | None
    tags: tuple[str, ...]
    size: int
    l1: int
    l2: int
    l3: int
    loads: int
    load_seconds: float
    loaded_at: float
    seen_at: float

    @property
    def asked(self) -> int:
        """How often it was asked for, of late: old reads count half for each hour since."""
        return self.l1 + self.l2 + self.l3 + self.loads


class Ranking:
    """Writes what the namespaces noted, and keeps the table small. One thread uses it."""

    def __init__(self) -> None:
        self._written_at = self._halved_at = time.monotonic()

    def tend(self, *, is_last: bool = False) -> None:
        """Do what is due, the last time all. Blocks for a few statements, at times; raises DatabaseError."""
        now = time.monotonic()
        if is_last or now - self._written_at >= WRITE_SECONDS:
            self._written_at = now
            write()
        if now - self._halved_at >= HALVE_SECONDS:
            self._halved_at = now
            prune()


def write() -> None:
    """Add what this process noted to the table: one statement for each of the keys asked for most."""
    rows = sorted((row for one in namespaces() for row in _rows(one)), key=lambda row: str(row[0]))
    if rows:  # in the order of digests, so that two processes never wait for each other
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(UPSERT, rows)


def hottest(*, namespace: str = "", top: int) -> list[RankedKey]:
    """Return the keys that were asked for most, of one namespace or of all. One query."""
    found = HotKey.objects.filter(namespace=namespace) if namespace else HotKey.objects.all()
    ordered = found.order_by((F("l1") + F("l2") + F("l3") + F("loads")).desc(), "digest")
    return [_ranked(row) for row in ordered.values()[:top]]


def ranked(*, namespace: str, digest: str) -> RankedKey | None:
    """Return one key of the table. One query."""
    row = HotKey.objects.filter(namespace=namespace, pk=digest).values().first()
    return None if row is None else _ranked(row)


def forget(digest: str) -> None:
    """Take a key off the table: nothing can be loaded for it any more. One statement."""
    HotKey.objects.filter(pk=digest).delete()


def prune() -> None:
    """Let old reads count half, and forget keys that nobody asks for, or that are too many."""
    with transaction.atomic():
        HotKey.objects.update(**{name: F(name) / 2 for name in SUMS})
        HotKey.objects.filter(l1=0, l2=0, l3=0, loads=0).delete()
        HotKey.objects.filter(seen_at__lt=time.time() - FORGET_SECONDS).delete()
        last = HotKey.objects.order_by("-seen_at").values_list("seen_at", flat=True)[ROWS_MAX : ROWS_MAX + 1]
        HotKey.objects.filter(seen_at__lte=next(iter(last), 0.0)).delete()


def _rows(namespace: Namespace[Any]) -> Iterator[tuple[Any, ...]]:
    notes = sorted(namespace.heat.taken().items(), key=lambda item: -sum(item[1][:4]))
    for key, note in notes[:KEYS_PER_WRITE]:
        yield _row(namespace, key, note)


def _row(namespace: Namespace[Any], key: Key, note: Note) -> tuple[Any, ...]:
    """A cleared namespace has other entries, and the same keys: this digest does not change with it."""
    digest = digest_of(key, namespace=namespace.name, version=namespace.version, clearings=0)
    stored = orjson.dumps(key).decode() if namespace.warm else ""
    tags = orjson.dumps([tag for tag in namespace.place(key).tags if not tag.endswith(":*")]).decode()
    entry, now = note.entry, time.time()
    loaded_at = now - (time.monotonic() - entry.loaded_at)
    return (digest, namespace.name, stored, tags, entry.size, *note[:4], entry.load_seconds, loaded_at, now)


def _ranked(row: Any) -> RankedKey:
    return RankedKey(**{**row, "key": _key(row["key"]), "tags": tuple(row["tags"])})


def _key(stored: str) -> Key | None:
    return tuple(orjson.loads(stored)) if stored else None
