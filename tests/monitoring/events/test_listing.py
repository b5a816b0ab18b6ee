"""Events and the audit log, as one list."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.monitoring.events.book import write
from apps.monitoring.events.happening import Happening
from apps.monitoring.events.listing import told
from apps.tuning.handle import Handle
from apps.tuning.log import Search
from apps.tuning.services.changes import change_policy
from tests.tuning.lamp import ANN, LampPolicy, lamp

__all__ = ("lamp",)


@pytest.fixture
def happened(db: None, lamp: Handle[LampPolicy]) -> None:
    write(Happening(kind="breaker", subject="smtp", state="open", title="Breaker smtp: closed → open"))
    change_policy(name="lamp", changes={"watts": 50}, actor=ANN, reason="too dark")
    write(Happening(kind="deploy", subject="version", state="2", title="Version 2 runs"))


@pytest.mark.usefixtures("happened")
def test_events_and_changes_by_staff_are_in_the_order_of_time() -> None:
    found = told(search=Search())
    assert [one.title for one in found] == [
        "Version 2 runs",
        "policy.changed policy:lamp",
        "Breaker smtp: closed → open",
    ]
    assert found[1].detail == "Watts: 40 → 50; too dark"
    assert (found[1].actor, found[1].link) == ("ann", "/performance/audit/1/")


@pytest.mark.usefixtures("happened")
@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("audit", "", ["policy.changed policy:lamp"]),
        ("deploy", "", ["Version 2 runs"]),
        ("", "dark", ["policy.changed policy:lamp"]),
        ("", "smtp", ["Breaker smtp: closed → open"]),
        ("breaker", "nowhere", []),
    ],
)
def test_they_are_found_by_kind_and_words(kind: str, text: str, expected: list[str]) -> None:
    assert [one.title for one in told(search=Search(text=text), kind=kind)] == expected


@pytest.mark.usefixtures("happened")
def test_they_are_found_by_time() -> None:
    now = timezone.now()
    assert told(search=Search(since=now + timedelta(minutes=1))) == []
    assert told(search=Search(until=now - timedelta(minutes=1))) == []
    assert len(told(search=Search(since=now - timedelta(minutes=1)), limit=2)) == 2
