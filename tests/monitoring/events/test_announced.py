"""What staff change, and what alerts do, is shown at once: whichever process committed it."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from apps.backplane.current import bus
from apps.monitoring.alerts.evaluation import move
from apps.monitoring.alerts.rules import RULES
from apps.monitoring.alerts.rules.rule import Reading
from apps.monitoring.live.announcing import EVENTS
from apps.monitoring.policy.traces import TRACES
from apps.tuning.actor import SYSTEM
from apps.tuning.current import refresh
from apps.tuning.services.changes import change_policy
from tests.servers.deadline import eventually

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shown() -> Iterator[list[Any]]:
    heard: list[Any] = []
    stop = bus().subscribe(EVENTS, lambda envelope: heard.append(envelope.payload), lambda _: None)
    yield heard
    stop()
    refresh()


def test_a_change_by_staff_is_shown_once_it_is_committed(shown: list[Any]) -> None:
    with transaction.atomic():
        change_policy(name=TRACES.name, changes={"sample_percent": 7.0}, actor=SYSTEM, reason="a look around")
        assert shown == []
    [event] = eventually(lambda: list(shown))
    assert (event["kind"], "a look around" in event["detail"]) == ("audit", True)
    assert event["link"].startswith("/performance/audit/")
    assert abs(event["at"] - time.time()) < 60


def test_an_alert_that_is_raised_is_shown(shown: list[Any]) -> None:
    rule, at = RULES[0], time.time()
    for seconds in (0.0, rule.policy.current.for_seconds + 1.0):
        move(rule, Reading(key="k", value=9e9, output="too much"), at + seconds, is_broken=True)
    [event] = eventually(lambda: list(shown))
    assert (event["kind"], event["title"].endswith("raised"), event["detail"]) == ("alert", True, "too much")
