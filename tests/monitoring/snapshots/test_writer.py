"""The writer: each process its own rows; what it cannot write is counted."""

import logging
from typing import Any

import pytest
from django.db import connection

from apps.monitoring.measuring.board import Board
from apps.monitoring.models import Series, Snapshot, WorkerRun
from apps.monitoring.models.snapshots import Resolution, RollUp
from apps.monitoring.snapshots.writer import LABELS_MAX, WAITING, SnapshotWriter
from apps.monitoring.worker import Worker
from tests.monitoring.snapshots.rows import COUNTED, EPOCH, LEVEL, SECONDS


class Watched:
    """A process that takes a copy of its board whenever it is told the time."""

    def __init__(self, started: float = EPOCH + 3.5) -> None:
        self.board, self.started = Board(), started
        self.dropped = 0
        self.writer = SnapshotWriter(Worker(kind="web", host="test", pid=1, started=started), self._drop)

    def at(self, seconds: float) -> None:
        self.writer.take(self.board.sheet(worker="w", started=self.started, at=EPOCH + seconds))

    def _drop(self, kind: str, number: int) -> None:
        assert kind == "snapshots"
        self.dropped += number


def stored(metric: str) -> list[tuple[int, int, float]]:
    rows = Snapshot.objects.filter(series__metric=metric).order_by("start")
    return [(row.start - EPOCH, row.count, row.total) for row in rows]


@pytest.mark.django_db(transaction=True)
def test_ten_seconds_become_rows_and_a_stop_writes_the_rest() -> None:
    watched = Watched()
    watched.writer.start()
    watched.board.add(COUNTED, ("a",), 3)
    watched.board.observe(SECONDS, ("r", "200"), 0.5, 2)
    for second in (4.5, 9.9, 10.2):
        watched.at(second)
    watched.board.add(COUNTED, ("a",), 4)
    watched.board.put(LEVEL, (), 7)
    watched.at(14.0)
    watched.writer.stop()
    assert stored(COUNTED.name) == [(0, 1, 3), (10, 1, 4)]
    assert stored(SECONDS.name) == [(0, 2, 1.0)]
    assert stored(LEVEL.name) == [(10, 1, 7)]
    assert WorkerRun.objects.get().name == "web:test:1"
    assert set(Snapshot.objects.values_list("worker", flat=True)) == {WorkerRun.objects.get().pk}
    assert watched.dropped == 0


@pytest.mark.django_db(transaction=True)
def test_a_clock_that_goes_back_loses_nothing_that_it_does_not_count() -> None:
    watched = Watched()
    watched.writer.start()
    for second in (100.5, 110.5, 50.5, 60.5, 110.9):
        watched.board.add(COUNTED, ("a",))
        watched.at(second)
    watched.writer.stop()
    written = sum(total for _, _, total in stored(COUNTED.name))
    assert written + watched.dropped == 5
    assert written >= 4


@pytest.mark.django_db(transaction=True)
def test_what_comes_after_its_minute_was_rolled_up_is_counted_as_dropped(caplog: Any) -> None:
    RollUp.objects.create(resolution=Resolution.MINUTE, until=EPOCH + 60)
    watched = Watched()
    watched.writer.start()
    with caplog.at_level(logging.WARNING):
        for second in (10.5, 60.5, 70.5):
            watched.board.add(COUNTED, ("a",))
            watched.at(second)
        watched.writer.stop()
    assert stored(COUNTED.name) == [(60, 1, 1)]
    assert watched.dropped == 2
    assert "rolled up" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_database_that_fails_costs_what_waits_too_long_and_no_more(caplog: Any) -> None:
    watched = Watched()
    watched.board.add(COUNTED, ("a",))
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE monitoring_workerrun RENAME TO monitoring_away")
    try:
        watched.writer.start()
        watched.at(10.5)
        watched.board.add(COUNTED, ("a",))
        watched.at(20.5)
        watched.writer.stop()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE monitoring_away RENAME TO monitoring_workerrun")
    assert watched.dropped == 2
    assert stored(COUNTED.name) == []
    assert caplog.text.count("The snapshots cannot be written") == 1


def test_more_than_may_wait_is_dropped_and_counted() -> None:
    watched = Watched()
    for number in range(WAITING + 3):
        watched.board.add(COUNTED, ("a",))
        watched.at(10.5 + 10 * number)
    watched.writer.stop()
    assert watched.dropped == 3


@pytest.mark.django_db(transaction=True)
def test_labels_that_do_not_fit_cost_their_own_series_alone() -> None:
    watched = Watched()
    watched.board.add(COUNTED, ("x" * LABELS_MAX,))
    watched.board.add(COUNTED, ("half \ud800",))
    watched.board.add(COUNTED, ("größe\x00",))
    watched.writer.start()
    watched.at(10.5)
    watched.writer.stop()
    assert watched.dropped == 2
    assert [series.labels for series in Series.objects.all()] == ['["größe\\u0000"]']
