"""A real site whose watching is broken in every way: nobody who uses it notices, and what is lost is counted."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.monitoring.recorders.site import visits
from tests.monitoring.recorders.site.visits import counted
from tests.servers.deadline import eventually
from tests.servers.site import Site, running_site
from tests.stack.live.people import People, people

FULL = """
CREATE TRIGGER full_{table} BEFORE INSERT ON {table} BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END
"""
TABLES = ("monitoring_series", "monitoring_snapshot", "monitoring_statement", "monitoring_exceptiongroup")
SLOW_SECONDS = 5.0

pytestmark = pytest.mark.engine("sqlite")


def refuse(site: Site) -> None:
    """Let the database take no figures, as a full disk of their own would."""
    with closing(sqlite3.connect(site.data_dir / "perfsite.sqlite3")) as database:
        for table in TABLES:
            database.execute(FULL.format(table=table))
        database.commit()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("broken") / "site"
    settings = "tests.monitoring.recorders.broken.settings"
    with running_site(folder, prepare=refuse, DJANGO_SETTINGS_MODULE=settings) as site:
        yield site


@pytest.fixture(scope="module")
def crowd(served: Site) -> People:
    return people(served, "ann")


def asked(site: Site, cookies: str, method: str, path: str, body: object = None) -> int:
    """Return the status of an answer that comes in time."""
    began = time.monotonic()
    status, _ = visits.asked(site, cookies, method, path, body)
    assert time.monotonic() - began < SLOW_SECONDS
    return status


def dropped(site: Site, kind: str) -> float:
    return counted(site).get(f"telemetry_dropped_total {kind}", 0.0)


def test_requests_are_served_as_ever(served: Site, crowd: People) -> None:
    cookies = crowd.cookies("ann")
    paths = ("/api/conversations", f"/api/conversations/{crowd.conversations[0]}/messages")
    statuses = [asked(served, cookies, "GET", path) for path in paths * 5]
    statuses += [asked(served, cookies, "POST", "/api/conversations", {"title": f"c{n}"}) for n in range(3)]
    assert statuses == [200] * 10 + [201] * 3
    assert asked(served, cookies, "GET", "/fail") == 500


def test_a_full_buffer_is_counted(served: Site, crowd: People) -> None:
    asked(served, crowd.cookies("ann"), "POST", "/api/conversations", {"title": "many statements"})
    assert dropped(served, "queries") >= 1


def test_a_recorder_that_cannot_count_loses_its_samples_and_is_told_of(served: Site, crowd: People) -> None:
    asked(served, crowd.cookies("ann"), "GET", "/fail")
    eventually(lambda: dropped(served, "exceptions") >= 1)
    log = served.process.log()
    assert log.count("The recorder of exceptions failed") <= 2, "not again and again"
    assert "The recorder of breakers failed" in log
    assert "The recorder of cache failed" in log


def test_the_others_go_on_counting(served: Site, crowd: People) -> None:
    before = counted(served)["chat_messages_total user"]
    path = f"/api/conversations/{crowd.conversations[0]}/messages"
    assert asked(served, crowd.cookies("ann"), "POST", path, {"text": "still here"}) == 201
    after = counted(served)
    assert after["chat_messages_total user"] == before + 1
    assert after["http_requests_in_flight"] == 1
    assert after["circuit_breaker_calls_total broker success"] >= 0, "one that hears nothing still looks"


def test_a_database_that_takes_no_figures_costs_figures_alone(served: Site, crowd: People) -> None:
    eventually(lambda: dropped(served, "snapshots") >= 1, seconds=40)
    eventually(lambda: dropped(served, "archive") >= 1, seconds=40)
    assert asked(served, crowd.cookies("ann"), "POST", "/api/conversations", {"title": "still here"}) == 201
    log = served.process.log()
    assert "database or disk is full" in log
    assert log.count("The snapshots cannot be written") == 1, "said once"


def test_what_is_broken_holds_up_no_end(served: Site) -> None:
    assert served.stop(seconds=20) == 0
