"""Writes what this process measured in the last ten seconds: each process its own rows, in a thread of its own.

Nobody else writes a row with this process's number, so no two writers ever wait for a row or overwrite one.
"""

import logging
import time
from collections.abc import Collection, Sequence
from functools import partial
from typing import TYPE_CHECKING

import orjson
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from apps.monitoring.measuring.sheet import Line, Sheet
from apps.monitoring.models import Series, Snapshot, WorkerRun
from apps.monitoring.snapshots.marks import held_mark
from apps.monitoring.spool import Spool
from apps.monitoring.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)
SECONDS = Snapshot.Resolution.RAW
WAITING = 6  # snapshots that may wait for the database: a minute
LABELS_MAX = 1_000  # characters, as the column has
KIND = "snapshots"
SERIES_SECONDS = 86_400.0  # how long numbers of series are remembered: those that fall silent are deleted some day
COLUMNS = "series_id, resolution, start, worker, count, total, maximum, counts"
COPY = "COPY monitoring_snapshot ({}) FROM STDIN"
INSERT = "INSERT INTO monitoring_snapshot ({}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"
Key = tuple[str, str]
Row = tuple[int, int, int, int, int, float, float, bytes | None]


class LateError(Exception):
    """The minute was rolled up before its rows came."""


class SnapshotWriter:
    """Takes a sheet every second, keeps those that end ten seconds, and writes what happened between two of them.

    What the database does not take for a minute is dropped and counted, by `drop`.
    """

    def __init__(self, worker: Worker, drop: "Callable[[str, int], None]") -> None:
        self._worker, self._drop = worker, drop
        self._spool: Spool[tuple[int, Sheet]] = Spool(KIND, self._write_all, partial(drop, KIND), waiting=WAITING)
        self._before = Sheet(worker=worker.name, started=worker.started, at=worker.started, lines=[])
        self._latest = self._before
        self._run: WorkerRun | None = None
        self._series: dict[Key, int] = {}
        self._series_until = 0.0

    def start(self) -> None:
        """Begin; does not block."""
        self._spool.start()

    def stop(self) -> None:
        """Write what waits and what was measured since, and end; blocks for three seconds at most.

        Nothing more may be taken.
        """
        if self._latest is not self._before:
            self._hand_over(self._latest)
        self._spool.stop()

    def take(self, sheet: Sheet) -> None:
        """Queue what happened since the last one, where ten seconds are over. Does not block."""
        self._latest = sheet
        if not 0 <= sheet.at - _start_of(self._before) < SECONDS:
            self._hand_over(sheet)

    def write(self, start: int, grown: Sheet) -> None:
        """Write the rows of ten seconds; raise DatabaseError, or LateError where they come too late. Blocks.

        Series whose labels cannot be stored are dropped and counted.
        """
        lines = {key: line for line in grown.lines if (key := key_of(line))}
        if len(lines) < len(grown.lines):
            self._drop(KIND, len(grown.lines) - len(lines))
        with transaction.atomic():
            if start < held_mark():
                raise LateError(f"The minute of {start} is rolled up.")
            worker = self._known_run().pk
            numbers = self._numbers(lines.keys())
            insert([row_of(line, numbers[key], start=start, worker=worker) for key, line in lines.items()])

    def _hand_over(self, sheet: Sheet) -> None:
        self._spool.put((_start_of(self._before), sheet.since(self._before)))
        self._before = sheet

    def _known_run(self) -> WorkerRun:
        now = timezone.now()
        if self._run is None:
            self._run = WorkerRun.objects.create(
                name=self._worker.name, version=settings.VERSION, started_at=now, seen_at=now
            )
        else:
            WorkerRun.objects.filter(pk=self._run.pk).update(seen_at=now)
        return self._run

    def _numbers(self, keys: Collection[Key]) -> dict[Key, int]:
        if time.monotonic() >= self._series_until:
            self._series, self._series_until = {}, time.monotonic() + SERIES_SECONDS
        wanted = set(keys) - self._series.keys()
        if wanted:
            Series.objects.bulk_create(
                [Series(metric=metric, labels=labels) for metric, labels in sorted(wanted)], ignore_conflicts=True
            )
            rows = Series.objects.filter(metric__in={metric for metric, _ in wanted})
            self._series |= {(row.metric, row.labels): row.pk for row in rows}
        return self._series

    def _write_all(self, taken: list[tuple[int, Sheet]]) -> None:
        for start, grown in taken:
            try:
                self.write(start, grown)
            except LateError as error:
                self._drop(KIND, 1)
                logger.warning("Snapshots are dropped. %s", error)
            except BaseException:  # raised again: what the transaction made of them is undone
                self._run, self._series = None, {}
                raise


def _start_of(sheet: Sheet) -> int:
    return int(sheet.at // SECONDS * SECONDS)


def key_of(line: Line) -> Key | None:
    """Return what the series is called in the database; None for labels that do not fit there."""
    try:
        labels = orjson.dumps(line.labels).decode()
    except TypeError:  # half a character, which no database takes
        return None
    return (line.metric, labels) if len(labels) <= LABELS_MAX else None


def row_of(line: Line, series: int, *, start: int, worker: int) -> Row:
    """Return the row of one series, in the order of COLUMNS."""
    if line.counts is None:
        return series, SECONDS, start, worker, 1, line.value, line.value, None
    found = line.histogram
    return series, SECONDS, start, worker, found.count, line.value, found.maximum, found.packed()


def insert(rows: Sequence[Row]) -> None:
    """Insert snapshots: the ORM takes three to ten times as long, in one piece that requests have to wait for."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(COPY.format(COLUMNS)) as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            cursor.executemany(INSERT.format(COLUMNS), rows)
