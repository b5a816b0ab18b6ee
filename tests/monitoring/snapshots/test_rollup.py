"""Rolling up: once, exactly, whoever else does the same and wherever it breaks off."""

from threading import Event, Thread
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.db.models import Sum

from apps.monitoring.models.snapshots import Resolution, Snapshot
from apps.monitoring.snapshots import rollup
from apps.monitoring.snapshots.marks import marks
from apps.monitoring.snapshots.rollup import GRACE_SECONDS, is_rolled_up, next_end, roll_up
from apps.monitoring.snapshots.writer import LateError
from tests.monitoring.snapshots.rows import COUNTED, EPOCH, SECONDS, Process

pytestmark = pytest.mark.django_db
MINUTE, HOUR, DAY = 60, 3_600, 86_400


def totals() -> dict[int, int]:
    """Return how many values of the distribution each resolution knows of."""
    rows = Snapshot.objects.filter(series__metric=SECONDS.name).values_list("resolution")
    return dict(rows.annotate(number=Sum("count")))


def filled(seconds: int, every: int = 10) -> Process:
    process = Process()
    for start in range(0, seconds, every):
        process.observe(EPOCH + start, [0.25])
    return process


def rolled(seconds: float) -> int:
    return roll_up(now=EPOCH + seconds, max_seconds=60)


def test_each_resolution_holds_all_of_what_was_complete() -> None:
    filled(2 * HOUR, every=300)
    rolled(2 * HOUR + GRACE_SECONDS)
    assert totals() == {10: 24, 60: 24, 600: 24, HOUR: 24}
    assert marks() == {60: EPOCH + 2 * HOUR, 600: EPOCH + 2 * HOUR, HOUR: EPOCH + 2 * HOUR, DAY: EPOCH}


def test_a_day_is_rolled_up_from_its_hours() -> None:
    filled(DAY, every=7_200)
    rolled(DAY + HOUR)
    assert totals()[Resolution.DAY] == 12
    assert Snapshot.objects.get(resolution=Resolution.DAY, series__metric=SECONDS.name).start == EPOCH


def test_rows_of_all_processes_become_one_that_belongs_to_none() -> None:
    for number in range(3):
        process = Process(number)
        process.board.add(COUNTED, ("a",), 5)
        process.observe(EPOCH, [0.1, 2.0])
    rolled(MINUTE + GRACE_SECONDS)
    rows = Snapshot.objects.filter(resolution=MINUTE).order_by("series__metric")
    assert [(row.worker, row.count, row.maximum) for row in rows] == [(0, 6, 2.0), (0, 3, 5.0)]
    assert [row.total for row in rows] == [pytest.approx(6.3), 15]


def test_doing_it_again_changes_nothing() -> None:
    filled(300)
    first = rolled(300 + GRACE_SECONDS)
    before = list(Snapshot.objects.values().order_by("pk"))
    assert first > 0
    assert rolled(300 + GRACE_SECONDS) == 0
    assert list(Snapshot.objects.values().order_by("pk")) == before


def test_a_minute_waits_until_slow_writers_are_done() -> None:
    filled(60)
    rolled(MINUTE + GRACE_SECONDS - 1)
    assert totals() == {10: 6}
    rolled(MINUTE + GRACE_SECONDS)
    assert totals() == {10: 6, 60: 6}


def test_a_crash_between_the_rows_and_the_mark_leaves_neither(monkeypatch: Any) -> None:
    filled(60)

    def crash(*_: Any, **__: Any) -> None:
        raise DatabaseError("gone")

    until = next_end(10, MINUTE, EPOCH + MINUTE)
    assert until == EPOCH + MINUTE
    with monkeypatch.context() as broken:
        broken.setattr(type(Snapshot.objects), "bulk_create", crash)
        with pytest.raises(DatabaseError):
            is_rolled_up(10, MINUTE, until)
    assert marks()[MINUTE] < until
    rolled(MINUTE + GRACE_SECONDS)
    assert totals() == {10: 6, 60: 6}


def test_of_two_that_roll_up_the_same_minute_one_counts(monkeypatch: Any) -> None:
    filled(60)
    summed = rollup._summed

    def overtaken(rows: Any) -> Any:
        monkeypatch.setattr(rollup, "_summed", summed)
        assert is_rolled_up(10, MINUTE, EPOCH + MINUTE)
        return summed(rows)

    monkeypatch.setattr(rollup, "_summed", overtaken)
    assert not is_rolled_up(10, MINUTE, EPOCH + MINUTE)
    assert totals() == {10: 6, 60: 6}


def test_rows_that_come_while_a_minute_is_read_are_in_it(monkeypatch: Any) -> None:
    filled(50)
    late, summed = Process(2), rollup._summed

    def overtaken(rows: Any) -> Any:
        found = list(summed(rows))
        monkeypatch.setattr(rollup, "_summed", summed)
        late.observe(EPOCH + 50, [1.0])
        return found

    monkeypatch.setattr(rollup, "_summed", overtaken)
    assert not is_rolled_up(10, MINUTE, EPOCH + MINUTE)
    rolled(MINUTE + GRACE_SECONDS)
    assert totals() == {10: 6, 60: 6}


def test_rows_after_the_roll_up_are_refused_and_leave_nothing_behind() -> None:
    process = filled(60)
    rolled(MINUTE + GRACE_SECONDS)
    with pytest.raises(LateError):
        process.observe(EPOCH + 50, [1.0])
    Process(2).observe(EPOCH + MINUTE, [1.0])
    assert totals() == {10: 7, 60: 6}


def test_a_long_silence_is_skipped_at_once() -> None:
    filled(10)
    process = Process(2)
    process.observe(EPOCH + 30 * DAY, [1.0])
    assert rolled(31 * DAY) < 12
    assert totals() == {10: 2, 60: 2, 600: 2, HOUR: 2, DAY: 1}


def test_it_ends_when_its_time_is_over_and_goes_on_later() -> None:
    filled(300)
    assert roll_up(now=EPOCH + 600, max_seconds=0) == 0
    assert rolled(600) > 0
    assert totals()[MINUTE] == 30


def test_who_holds_the_mark_lets_nobody_move_it() -> None:
    is_locking = connection.features.has_select_for_update
    process = filled(10)
    statements: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        statements.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        process.observe(EPOCH + 10, [1.0])
        rolled(MINUTE + GRACE_SECONDS)
    assert any("FOR SHARE" in sql for sql in statements) is is_locking
    assert any("FOR UPDATE" in sql for sql in statements) is is_locking


def written_by(number: int, refused: list[int]) -> None:
    """Write four minutes, as fast as the database takes them."""
    process = Process(number)
    for start in range(0, 240, 10):
        try:
            process.observe(EPOCH + start, [0.25])
        except LateError:
            refused.append(start)
    connection.close()


def rolled_until(is_over: Event) -> None:
    """Roll up more and more, well before the writers are done."""
    now = 0
    while not is_over.is_set():
        now = min(now + 20, 300 + GRACE_SECONDS)
        rolled(now)
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_writers_and_roll_ups_at_the_same_time_count_everything_once() -> None:
    refused: list[int] = []
    is_over = Event()
    writers = [Thread(target=written_by, args=(number, refused)) for number in range(2)]
    rollers = [Thread(target=rolled_until, args=(is_over,)) for _ in range(2)]
    for thread in (*writers, *rollers):
        thread.start()
    for thread in writers:
        thread.join()
    is_over.set()
    for thread in rollers:
        thread.join()
    rolled(300 + GRACE_SECONDS)
    assert totals()[10] == totals()[MINUTE]
    assert totals()[10] >= 48 - len(refused)
