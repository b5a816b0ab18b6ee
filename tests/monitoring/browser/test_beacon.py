"""POST /api/rum: what a page tells, and what is refused."""

import json
from typing import Any

import pytest
from django.test import Client

from apps.monitoring.measuring.board import Board
from apps.monitoring.models import PageMeasurement
from apps.monitoring.policy.browser import BROWSER
from apps.monitoring.recorders import Recorders
from apps.tuning.actor import SYSTEM
from apps.tuning.services.changes import change_policy

pytestmark = pytest.mark.django_db(transaction=True)
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PAGE: dict[str, Any] = {
    "path": "/accounts/login/",
    "kind": "reload",
    "trace": TRACE,
    "vitals": {"LCP": 1200.5, "CLS": 0.02, "INP": 90, "TTFB": 12},
    "timings": {"echo": [20, 35.5], "paint": [8]},
    "avoided": {"memory": 3},
}


def told(client: Client, message: Any, **headers: str) -> Any:
    body = message if isinstance(message, bytes) else json.dumps(message)
    return client.post("/api/rum", body, content_type="application/json", headers=headers)


def figures(recorders: Recorders) -> dict[tuple[str, tuple[str, ...]], tuple[int, float]]:
    """Return number and sum of the distributions that something was counted in."""
    board = Board()
    recorders.browser.fold(board, recorders.browser.drained())
    lines = board.sheet(worker="w", started=0, at=0).lines
    return {line.key: (sum((line.counts or {}).values()), line.value) for line in lines}


def test_a_page_is_counted_by_route_vital_and_rating(recorders: Recorders) -> None:
    assert told(Client(), PAGE).status_code == 204
    found = figures(recorders)
    assert found["web_vitals_seconds", ("LCP", "good")] == (1, 1.2005)
    assert found["web_vitals_layout_shift", ("good",)] == (1, 0.02)
    assert found["page_vitals", ("accounts/login/", "INP")] == (1, 0.09)
    assert found["chat_timing_seconds", ("echo",)] == (2, pytest.approx(0.0555))
    assert found["browser_requests_avoided_total", ("memory",)] == (0, 3.0)


def test_a_poor_page_is_kept_with_its_trace_and_a_good_one_is_not(recorders: Recorders) -> None:
    told(Client(), PAGE)
    told(Client(), {**PAGE, "vitals": {"LCP": 9000}})
    kept = PageMeasurement.objects.get()
    assert (kept.route, kept.kind, kept.trace_id, kept.lcp) == ("accounts/login/", "reload", TRACE, 9.0)
    assert recorders.browser.dropped == 0


@pytest.mark.usefixtures("recorders")
@pytest.mark.parametrize(
    ("message", "status", "field"),
    [
        ({**PAGE, "vitals": {"LCP": -1}}, 422, "vitals.LCP"),
        ({**PAGE, "timings": {"echo": [1e9]}}, 422, "timings"),
        ({**PAGE, "avoided": {"magic": 1}}, 422, "avoided"),
        ({**PAGE, "who": "me"}, 422, "who"),
        ({**PAGE, "path": "javascript:alert(1)"}, 422, "path"),
        (b"{", 400, "JSON"),
        (b"\xff\xfe", 400, "JSON"),
        (b'"' + b"x" * 9_000 + b'"', 413, "8,192"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_name(message: Any, status: int, field: str) -> None:
    answer = told(Client(), message)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert field in answer.json()["detail"]


def test_pages_of_other_sites_are_refused(recorders: Recorders) -> None:
    assert told(Client(), PAGE, Sec_Fetch_Site="cross-site").status_code == 403
    assert recorders.browser.drained() == []


def test_a_name_that_is_no_trace_is_not_kept(recorders: Recorders) -> None:
    told(Client(), {**PAGE, "trace": "<script>", "vitals": {"LCP": 9000}})
    assert PageMeasurement.objects.get().trace_id == ""
    assert len(recorders.browser.drained()) == 1


def test_only_post() -> None:
    answer = Client().get("/api/rum")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


@pytest.mark.usefixtures("recorders")
def test_one_address_tells_of_so_many_pages_a_minute() -> None:
    change_policy(name=BROWSER.name, changes={"beacons_per_minute": 2}, actor=SYSTEM, reason="a test of the limit")
    answers = [told(Client(REMOTE_ADDR="10.9.8.7"), PAGE) for _ in range(3)]
    assert [one.status_code for one in answers] == [204, 204, 429]
    assert int(answers[-1].headers["retry-after"]) >= 1


def test_a_sample_weighs_what_it_stands_for(recorders: Recorders) -> None:
    change_policy(name=BROWSER.name, changes={"sample_percent": 50}, actor=SYSTEM, reason="a test of the sample")
    for _ in range(60):
        told(Client(), PAGE)
    number, _ = figures(recorders)["chat_timing_seconds", ("paint",)]
    assert number % 2 == 0
    assert 20 <= number <= 100


def test_switched_off_it_keeps_nothing(recorders: Recorders) -> None:
    change_policy(name=BROWSER.name, changes={"is_enabled": False}, actor=SYSTEM, reason="a test of the switch")
    assert told(Client(), PAGE).status_code == 204
    assert recorders.browser.drained() == []


def test_pages_that_are_ignored_are_not_counted(recorders: Recorders) -> None:
    change_policy(name=BROWSER.name, changes={"ignore": "/accounts/"}, actor=SYSTEM, reason="a test of the names")
    told(Client(), PAGE)
    told(Client(), {**PAGE, "path": "/"})
    routes = {labels[0] for name, labels in figures(recorders) if name == "page_vitals"}
    assert len(routes) == 1
    assert "accounts/login/" not in routes
