"""Tables of what is kept as rows: statements, exceptions, alerts, feedback, poor visits."""

import csv
import io
import re
import time
from datetime import UTC, datetime

import pytest
from django.test import Client
from django.utils import timezone

from apps.chat.models import User
from apps.monitoring.events.listing import told
from apps.monitoring.health.current import health
from apps.monitoring.models import (
    Alert,
    ExceptionGroup,  # noqa: A004  (of equal ones; Python's own is nothing that is stored)
    Feedback,
    PageMeasurement,
    Statement,
    TraceSegment,
)
from apps.monitoring.recorders.browser import PAGES
from apps.monitoring.recorders.cache import LOADS, REQUESTS
from apps.monitoring.recorders.queries import REPEATS, SLOW, STATEMENT
from apps.monitoring.recorders.tasks import DURATION as TASKS
from apps.tuning.log import Search
from tests.monitoring.snapshots.rows import Process

TRACE = "ab" * 16


def rows(client: Client, path: str) -> list[list[str]]:
    """Return the rows of a table's file, without its head."""
    answer = client.get(f"/performance/{path}.csv")
    assert answer.status_code == 200
    return list(csv.reader(io.StringIO(answer.getvalue().decode())))[1:]


@pytest.fixture
def counted(db: None) -> None:
    """A minute ago: a statement of which one was slow, asked row by row; reads of the cache, a task, a visit."""
    process = Process()
    process.board.observe(STATEMENT, ("d1",), 0.01, 9)
    process.board.observe(STATEMENT, ("d1",), 1.0)
    process.board.add(SLOW, ("d1",), 1)
    process.board.observe(REPEATS, ("api/slow", "d1"), 40)
    process.board.add(REQUESTS, ("chat.page", "L1", "hit"), 3)
    process.board.add(REQUESTS, ("chat.page", "none", "miss"), 1)
    process.board.observe(LOADS, ("chat.page",), 0.1)
    process.board.observe(TASKS, ("chat.import_file", "FAILURE"), 2.0)
    process.board.observe(PAGES, ("c/<id>/", "LCP"), 1.5, 4)
    process.write(int(time.time()) // 10 * 10 - 60)
    Statement.objects.create(digest="d1", operation="select", table="t", text="SELECT ? FROM t", seen_at=timezone.now())


@pytest.mark.usefixtures("counted")
def test_statements_are_told_by_their_text(staff: Client) -> None:
    ((text, times, slow, *_, total),) = rows(staff, "queries/statements")
    assert (text, float(times), float(slow)) == ("SELECT ? FROM t", 10, 1)
    assert float(total) == pytest.approx(1.09)
    ((route, text, requests, *_, most),) = rows(staff, "queries/suspects")
    assert (route, text, float(requests), float(most)) == (
        "api/slow",
        "SELECT ? FROM t",
        1,
        pytest.approx(40, rel=0.05),
    )


@pytest.mark.usefixtures("counted")
def test_namespaces_tell_what_they_saved(staff: Client) -> None:
    ((name, reads, hits, level_1, *_, saved),) = rows(staff, "cache/namespaces")
    assert (name, float(reads), float(hits), float(level_1)) == ("chat.page", 4, 0.75, 3)
    assert float(saved) == pytest.approx(0.3)


@pytest.mark.usefixtures("counted")
def test_tasks_and_pages_are_told_by_name(staff: Client) -> None:
    ((task, ended, failed, *_),) = rows(staff, "queues/tasks")
    assert (task, float(ended), float(failed)) == ("chat.import_file", 1, 1)
    ((page, visits, largest, *_),) = rows(staff, "browser/vitals")
    assert (page, float(visits), float(largest)) == ("c/<id>/", 4, pytest.approx(1.5, rel=0.05))


def test_exceptions_and_poor_visits_lead_to_their_traces(staff: Client) -> None:
    now = timezone.now()
    ExceptionGroup.objects.create(
        digest="e1", type="ValueError", place="a.py:1", route="api/slow", message="no", traceback="",
        first_seen_at=now, last_seen_at=now, count=3,
    )  # fmt: skip
    PageMeasurement.objects.create(at=now, route="c/<id>/", kind="navigate", trace_id=TRACE, lcp=9.0, cls=0.05)
    assert 'href="/performance/traces/?range=15m&amp;route=api%2Fslow&amp;why=failed"' in page(staff, "")
    link = f'href="/performance/traces/{TRACE}/"'
    assert link not in page(staff, "browser/"), "nobody kept it"
    TraceSegment.objects.create(
        trace_id=TRACE,
        span_id="0" * 16,
        process="p",
        kind="request",
        started_at=now,
        seconds=1,
        why="slow",
        is_error=False,
    )
    html = page(staff, "browser/")
    assert link in html
    visit = re.findall(r'class="number( is-bad)?">([^<]+)</td>', html)[-4:]
    assert visit == [(" is-bad", "9 s"), ("", "—"), ("", "—"), ("", "0.05")], "what was poor of it stands out"


def test_feedback_is_counted_by_route(staff: Client) -> None:
    user = User.objects.create_user("eve")
    Feedback.objects.create(at=timezone.now(), user=user, route="c/<id>/", is_fast=False, comment="too slow")
    assert rows(staff, "feedback") == [["c/<id>/", "0", "1", "0", "0", "1"]]


def test_alerts_are_tables_and_markers(staff: Client) -> None:
    now = datetime.now(UTC)
    common = {"rule": "breakers", "value": 1, "threshold": 1, "since": now, "seen_at": now, "raised_at": now}
    Alert.objects.create(key="smtp", state="raised", output="It is open.", **common)
    Alert.objects.create(key="otlp", state="resolved", resolved_at=now, **common)
    assert [row[:3] for row in rows(staff, "alerts/open")] == [["breakers smtp", "raised", "It is open."]]
    assert [row[0] for row in rows(staff, "alerts/earlier")] == ["breakers otlp"]
    happened = {one.title for one in told(search=Search(since=now), kind="alert")}
    assert happened == {"Alert breakers smtp: raised", "Alert breakers otlp: raised", "Alert breakers otlp: resolved"}
    assert told(search=Search(text="smtp", until=now), kind="alert") == []


def test_promises_are_judged_over_the_time_shown(staff: Client) -> None:
    titles = [row[0] for row in rows(staff, "alerts/promises")]
    assert "Requests are answered without an error of the server" in titles


@pytest.mark.django_db(transaction=True)
def test_health_is_told_check_by_check(client: Client) -> None:
    client.force_login(User.objects.create_user("sam", is_staff=True))
    assert rows(client, "alerts/health") == []
    health.cache_clear()
    health().start()
    try:
        found = {row[0]: row for row in rows(client, "alerts/health")}
    finally:
        health().stop()
        health.cache_clear()
    assert found["database"][1] == "pass"
    assert re.fullmatch(r"utilization [\d.]+%, process [\d.]+ MB", found["memory"][3])


def page(client: Client, path: str) -> str:
    answer = client.get(f"/performance/{path}")
    assert answer.status_code == 200
    return answer.content.decode()
