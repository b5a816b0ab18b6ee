"""Rows as writers make them, without a server."""

from collections.abc import Iterable

from apps.monitoring.measuring.board import Board
from apps.monitoring.measuring.metric import counter, distribution, gauge
from apps.monitoring.measuring.sheet import Sheet
from apps.monitoring.snapshots.writer import SnapshotWriter
from apps.monitoring.worker import Worker

COUNTED = counter("test_rows_total", "Counted.", "kind")
LEVEL = gauge("test_rows_level", "A level.")
SECONDS = distribution("test_rows_seconds", "Durations.", "route", "status")
EPOCH = 1_700_006_400  # midnight


class Process:
    """One process that was watched: its board, and its writer, driven by hand."""

    def __init__(self, number: int = 1) -> None:
        self.board = Board()
        self.dropped: list[tuple[str, int]] = []
        worker = Worker(kind="web", host="test", pid=number, started=0.0)
        self.writer = SnapshotWriter(worker, lambda kind, count: self.dropped.append((kind, count)))
        self._before = self.sheet(0.0)

    def sheet(self, at: float) -> Sheet:
        return self.board.sheet(worker="web:test", started=0.0, at=at)

    def write(self, start: int) -> None:
        """Write the rows of ten seconds: what was counted since the last time."""
        now = self.sheet(start + 10.0)
        self.writer.write(start, now.since(self._before))
        self._before = now

    def observe(self, start: int, values: Iterable[float], *, route: str = "r", status: str = "200") -> None:
        """Count durations and write them."""
        for value in values:
            self.board.observe(SECONDS, (route, status), value)
        self.write(start)
