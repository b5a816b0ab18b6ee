"""Statements and groups of exceptions in the database."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.db.backends.signals import connection_created

from apps.monitoring.archive import storing
from apps.monitoring.archive.groups import Group
from apps.monitoring.archive.statement import Statement as Seen
from apps.monitoring.archive.storing import store
from apps.monitoring.models import ExceptionGroup, Statement  # noqa: A004  (of equal ones, not Python's)
from apps.monitoring.policy.recorders import ARCHIVE
from apps.monitoring.recorders.archive import Archive
from tests.servers.deadline import eventually

SEEN = Seen(digest="d1", operation="select", table="t", text="SELECT ? FROM t")
GROUP = Group(
    digest="g1", error="ValueError", place="apps/x.py:1", route="api/x", message="no", traceback="at x", at=100.0
)


@pytest.fixture
def archive(transactional_db: Any, listening: Callable[[Any], Any]) -> Archive:
    return listening(Archive())


@pytest.mark.django_db
def test_statements_are_kept_once_however_often_they_are_told_of() -> None:
    store([SEEN, SEEN, replace(SEEN, digest="d2", text="SELECT ? FROM u")])
    first = Statement.objects.get(pk="d1")
    store([SEEN])
    again = Statement.objects.get(pk="d1")
    assert (first.text, first.operation, first.table) == ("SELECT ? FROM t", "select", "t")
    assert again.seen_at > first.seen_at
    assert Statement.objects.count() == 2
    assert str(first) == first.text


@pytest.mark.django_db
def test_exceptions_of_a_group_add_up() -> None:
    store([GROUP, replace(GROUP, times=4, at=200.0)])
    store([replace(GROUP, times=2, at=300.0), replace(GROUP, digest="g2")])
    one = ExceptionGroup.objects.get(pk="g1")
    assert (one.count, one.first_seen_at.timestamp(), one.last_seen_at.timestamp()) == (7, 100.0, 300.0)
    assert ExceptionGroup.objects.count() == 2
    assert str(one) == "ValueError at apps/x.py:1"


@pytest.mark.django_db
def test_those_not_seen_for_longest_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storing, "GROUPS", 2)
    for number in range(4):
        store([replace(GROUP, digest=f"g{number}", at=100.0 + number)])
    assert set(ExceptionGroup.objects.values_list("pk", flat=True)) == {"g2", "g3"}


def test_what_is_kept_comes_to_the_database_by_itself(archive: Archive) -> None:
    archive.keep(SEEN)
    archive.keep(GROUP)
    assert eventually(ExceptionGroup.objects.filter(pk="g1").exists)
    assert Statement.objects.filter(pk="d1").exists()
    assert archive.dropped == 0


def test_the_end_writes_what_waits(transactional_db: Any) -> None:
    archive = Archive()
    archive.listen()
    for number in range(450):
        archive.keep(replace(SEEN, digest=f"d{number}"))
    archive.deafen()
    assert Statement.objects.count() == 450


def test_switched_off_it_writes_nothing(archive: Archive, ruled: Callable[..., None]) -> None:
    ruled(ARCHIVE, is_enabled=False)
    archive.keep(GROUP)
    ruled(ARCHIVE, is_enabled=True)
    archive.keep(SEEN)
    assert eventually(Statement.objects.exists)
    assert not ExceptionGroup.objects.exists()


def test_a_full_queue_drops_and_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.monitoring.recorders.archive.WAITING", 2)
    archive = Archive()
    for number in range(5):
        archive.keep(replace(SEEN, digest=str(number)))
    assert archive.dropped == 3
    archive.deafen()
    assert archive.dropped == 3, "an end that finds no room waits for nobody"


@pytest.fixture
def full_disk(transactional_db: Any) -> Iterator[tuple[int, Callable[[], None]]]:
    """Let SQLite have no page more than it has, on every connection, until the second is called.

    The first is a count of bytes for which there is no room, whatever other tests have left free.
    """
    with connection.cursor() as cursor:
        pages, free, size = (
            cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
        )

    def bound(connection: Any, **_: Any) -> None:
        connection.connection.execute(f"PRAGMA max_page_count = {pages}")

    connection_created.connect(bound)
    yield (free + 100) * size, lambda: bool(connection_created.disconnect(bound)) and None
    connection_created.disconnect(bound)


@pytest.mark.engine("sqlite")
def test_a_full_disk_costs_what_could_not_be_written_and_nothing_else(
    full_disk: tuple[int, Callable[[], None]], caplog: pytest.LogCaptureFixture, listening: Callable[[Any], Any]
) -> None:
    too_much, end = full_disk
    archive = listening(Archive())
    for number in range(3):
        archive.keep(replace(SEEN, digest=f"d{number}", text="x" * too_much))
    assert eventually(lambda: archive.dropped == 3, seconds=60)
    assert "database or disk is full" in caplog.text
    assert caplog.text.count("The archive cannot be written") == 1, "said once"
    end()
    archive.keep(SEEN)
    assert eventually(Statement.objects.filter(pk="d1").exists)
