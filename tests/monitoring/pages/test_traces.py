"""Traces on their pages: found, drawn as a waterfall, and from there to Jaeger."""

import re
from datetime import UTC, datetime
from html import unescape

import pytest
from django.test import Client

from apps.monitoring.models import TraceSegment
from apps.monitoring.policy.pages import PagesPolicy
from apps.monitoring.tracing.stored import StoredSpan, packed
from apps.tuning.actor import SYSTEM
from apps.tuning.current import refresh
from apps.tuning.exceptions import PolicyError
from apps.tuning.services.changes import change_policy
from tests.monitoring.pages.conftest import signed_in

TRACE, TRACES = "ab" * 16, "/performance/traces/"
SECOND = 1_000_000_000


@pytest.fixture
def kept(db: None) -> TraceSegment:
    """A slow request of two seconds, the second of them in the database, which failed."""
    begin = int(datetime.now(UTC).timestamp()) * SECOND - 60 * SECOND
    spans = [
        StoredSpan(1, 0, "GET api/slow", "server", begin, begin + 2 * SECOND, False, {"http.route": "api/slow"}),
        StoredSpan(
            2, 1, "SELECT", "client", begin + SECOND, begin + 2 * SECOND, True, {"db.query.text": "SELECT <b>"},
            [(begin + SECOND, "exception", {"exception.type": "DatabaseError"})], [("cd" * 16, 7)],
        ),
    ]  # fmt: skip
    return TraceSegment.objects.create(
        trace_id=TRACE, span_id="0" * 15 + "1", process="web:test:1", kind="request", name="GET api/slow",
        route="api/slow", status=500, started_at=datetime.fromtimestamp(begin / SECOND, UTC), seconds=2.0,
        is_error=True, why="slow", request_id="r" * 32, spans=packed(spans),
    )  # fmt: skip


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("", True),
        ("route=api/slow", True),
        ("route=api/quick", False),
        ("why=slow&kind=request&least=1s", True),
        ("least=10s", False),
        ("why=failed", False),
        (f"q={'r' * 32}", True),
        ("q=other", False),
        ("range=5m&until=1700000000", False),
        ("least=nonsense", True),
    ],
)
def test_traces_are_found_by_what_they_are(staff: Client, query: str, is_found: bool) -> None:
    html = page(staff, f"{TRACES}?{query}")
    assert (f'href="{TRACES}{TRACE}/"' in html) is is_found
    assert ("No trace that fits was kept in this time." in html) is not is_found


@pytest.mark.usefixtures("kept")
def test_a_trace_is_a_waterfall_of_its_spans(staff: Client) -> None:
    html = page(staff, f"{TRACES}{TRACE}/")
    bars = re.findall(r'<rect x="([\d.]+)" width="([\d.]+)" height="10" class="fall-(\w+)( is-failed)?"', html)
    assert bars == [("0.0", "1000.0", "server", ""), ("500.0", "500.0", "client", " is-failed")]
    assert "</span> SELECT &lt;b&gt;</span></span>" in html, "a statement is named by what it asks"
    assert "DatabaseError" in html
    assert f'href="{TRACES}{"cd" * 16}/"' in html
    assert "Jaeger" not in html


def test_a_trace_that_is_not_kept_is_not_found(staff: Client) -> None:
    assert staff.get(f"{TRACES}{TRACE}/").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_a_trace_leads_to_jaeger_where_staff_have_set_one(kept: TraceSegment) -> None:
    url = "https://jaeger.example.org/"
    change_policy(name="monitor_pages", changes={"jaeger_url": url}, actor=SYSTEM, reason="it runs there")
    try:
        html = unescape(page(signed_in(is_staff=True), f"{TRACES}{TRACE}/"))
        assert f'href="https://jaeger.example.org/trace/{TRACE}"' in html
    finally:
        change_policy(name="monitor_pages", changes={"jaeger_url": ""}, actor=SYSTEM, reason="the test is over")
        refresh()


@pytest.mark.parametrize(
    "address", ["jaeger.example.org", "javascript:alert(1)", "ftp://jaeger", "https://", "http://[1"]
)
def test_jaeger_is_an_address_of_the_web(address: str) -> None:
    with pytest.raises(PolicyError, match="jaeger_url"):
        PagesPolicy(jaeger_url=address)
