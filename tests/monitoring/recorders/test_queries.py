"""Statements as the database gets them."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection

from apps.chat.models import User
from apps.monitoring.archive.statement import Statement
from apps.monitoring.models import WorkerRun
from apps.monitoring.policy.recorders import QUERIES
from apps.monitoring.recorders.queries import VISITS, QueryRecorder
from apps.monitoring.visit import Visit, current
from tests.monitoring.recorders.board import Shown

pytestmark = pytest.mark.django_db
USERS = ("select", "chat_user")
DURATION = "database_query_duration_seconds"


@pytest.fixture
def told() -> list[Statement]:
    return []


@pytest.fixture
def recorder(told: list[Statement], listening: Callable[[Any], Any]) -> QueryRecorder:
    return listening(QueryRecorder(told.append))


def visit(path: str = "/api/conversations") -> Visit:
    return Visit(method="GET", path=path, request_id="r", began=0.0, at=0.0)


def test_a_statement_counts_with_its_time_its_table_and_its_rows(recorder: QueryRecorder) -> None:
    User.objects.bulk_create([User(username=f"user{number}") for number in range(3)])
    assert User.objects.filter(username="user1").exists()
    User.objects.update(first_name="all")
    shown = Shown(recorder)
    read = shown.histogram(DURATION, *USERS)
    assert read.count == 1
    assert 0 < read.total < 1
    assert shown.histogram(DURATION, "insert", "chat_user").count == 1
    assert shown("database_rows_total", "update", "chat_user") == 3


def test_each_statement_is_told_without_its_values_and_counted_by_its_digest(
    recorder: QueryRecorder, told: list[Statement]
) -> None:
    for name in ("ann", "bob"):
        User.objects.filter(username=name).exists()
    shown = Shown(recorder)
    assert [one.table for one in told] == ["chat_user"]
    assert "ann" not in told[0].text
    assert shown.histogram("statement_duration_seconds", told[0].digest).count == 2
    assert shown("statement_slow_total", told[0].digest) == 0


def test_a_slow_statement_is_counted_as_one(
    recorder: QueryRecorder, told: list[Statement], ruled: Callable[..., None]
) -> None:
    recorder.take(("SELECT 1 FROM t", 0.2, 1, -1, None))
    recorder.take(("SELECT 2 FROM t", 0.05, 1, -1, None))
    ruled(QUERIES, slow_seconds=0.1)
    shown = Shown(recorder)
    assert shown("statement_slow_total", told[0].digest) == 1
    assert shown("database_rows_total", "select", "t") == 0, "the database did not tell"


def test_what_watches_is_not_watched(recorder: QueryRecorder) -> None:
    WorkerRun.objects.filter(name="web").exists()
    assert Shown(recorder).labels(DURATION) == set()


def test_a_statement_that_fails_is_counted_and_fails_as_ever(recorder: QueryRecorder) -> None:
    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute("SELECT nothing FROM nowhere")
    assert Shown(recorder).histogram(DURATION, "select", "nowhere").count == 1


def test_a_sample_weighs_what_it_stands_for(recorder: QueryRecorder, ruled: Callable[..., None]) -> None:
    ruled(QUERIES, sample_percent=10)
    for _ in range(500):
        recorder._run(lambda *_: None, "SELECT 1 FROM t", None, False, {"cursor": _Cursor, "connection": connection})
    samples = recorder.drained()
    assert 15 < len(samples) < 120
    assert {times for _, _, times, _, _ in samples} == {10}


class _Cursor:
    class cursor:  # noqa: N801  (as Django's has it)
        rowcount = 1


def test_switched_off_or_deaf_it_hears_nothing(recorder: QueryRecorder, ruled: Callable[..., None]) -> None:
    ruled(QUERIES, is_enabled=False)
    User.objects.count()
    ruled(QUERIES, is_enabled=True)
    recorder.deafen()
    User.objects.count()
    heard = len(recorder.drained())
    recorder.listen()
    User.objects.count()
    assert (heard, len(recorder.drained())) == (0, 1)


def test_a_request_that_asks_row_by_row_is_suspected(recorder: QueryRecorder, told: list[Statement]) -> None:
    one, other = visit(), visit()
    for asked, times in ((one, QUERIES.current.repeats), (other, QUERIES.current.repeats - 1)):
        token = current.set(asked)
        for number in range(times):
            User.objects.filter(pk=number).exists()
        current.reset(token)
    assert Shown(recorder).labels("statement_repeats") == set(), "none of them is over"
    one.ended = other.ended = 1.0
    one.route = "api/conversations"
    shown = Shown(recorder)
    assert shown.labels("statement_repeats") == {("api/conversations", told[0].digest)}
    assert shown.histogram("statement_repeats", "api/conversations", told[0].digest).total == QUERIES.current.repeats
    assert Shown(recorder).labels("statement_repeats") == set(), "told once"


def test_requests_without_end_take_no_memory_without_end(recorder: QueryRecorder) -> None:
    for _ in range(VISITS + 50):
        recorder.take(("SELECT 1 FROM t", 0.001, 1, 0, visit()))
    Shown(recorder)
    assert len(recorder._visits) == VISITS


def test_a_full_buffer_drops_and_counts(recorder: QueryRecorder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QueryRecorder, "limit", 2)
    for _ in range(5):
        User.objects.count()
    assert recorder.dropped == 3
    assert len(recorder.drained()) == 2


def test_connections_made_later_are_heard(recorder: QueryRecorder) -> None:
    made = connection.copy()
    with made.cursor() as cursor:
        cursor.execute("SELECT 1")
    made.close()
    assert any("SELECT 1" in (getattr(query[0], "text", query[0])) for query in recorder.drained())


def test_a_priced_request_pays_for_its_statements(recorder: QueryRecorder) -> None:
    one = visit()
    one.price = 0.0
    token = current.set(one)
    User.objects.count()
    current.reset(token)
    assert 0 < one.price < 0.01
