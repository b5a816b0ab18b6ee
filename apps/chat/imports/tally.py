"""Counting how often a key came, in constant memory: a private temporary SQLite file does the counting."""

import sqlite3
from types import TracebackType
from typing import Self

PAGES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -8000;
CREATE TABLE seen (key BLOB PRIMARY KEY, times INTEGER NOT NULL) WITHOUT ROWID;
BEGIN;
"""
COUNT = "INSERT INTO seen VALUES (?, 1) ON CONFLICT (key) DO UPDATE SET times = times + 1 RETURNING times"


class Tally:
    """Counts keys for one run; the file has no name, so the system removes it even after kill -9."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.executescript(PAGES)
        self._cursor = self._database.cursor()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()

    def count(self, key: bytes) -> int:
        """Return how often the key has come, this time included."""
        return int(self._cursor.execute(COUNT, (key,)).fetchone()[0])
