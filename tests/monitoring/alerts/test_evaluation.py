"""Rules looked at: what becomes of their alerts, and whose turn it is."""

import time
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from apps.monitoring.alerts.evaluation import evaluate, look_at
from apps.monitoring.alerts.service import acknowledge_alert, alerts, silence_alert
from apps.monitoring.alerts.turn import TURN_SECONDS, taken_turn
from apps.monitoring.models import Alert, AlertDelivery, AlertTurn
from apps.monitoring.tasks import look_at_rules
from apps.tuning.actor import Actor
from tests.monitoring.alerts.conftest import Kettle
from tests.servers.mailbox import Mailbox
from tests.tuning.obeying import obeying

pytestmark = pytest.mark.django_db
ANN = Actor(id=7, name="ann")


def looked(kettle: Kettle, at: float, degrees: float) -> str:
    """Return how the alert stands after a look."""
    kettle.degrees = {"blue": degrees}
    look_at(kettle, at)
    row = Alert.objects.order_by("-pk").first()
    return row.state if row else ""


def told() -> list[str]:
    return list(AlertDelivery.objects.order_by("pk").values_list("event", flat=True))


def test_an_alert_goes_from_pending_to_raised_to_resolved(kettle: Kettle, mailbox: Mailbox) -> None:
    at = float(int(time.time()))  # the database keeps microseconds
    states = [looked(kettle, at + seconds, hot) for seconds, hot in ((0, 90), (15, 91), (30, 92), (45, 20), (80, 20))]
    assert states == ["pending", "pending", "raised", "raised", "resolved"]
    assert told() == ["raised", "resolved"]
    row = Alert.objects.get()
    assert (row.key, row.threshold, row.since.timestamp()) == ("blue", 80, pytest.approx(at, abs=0.01))
    assert row.raised_at is not None
    assert row.resolved_at is not None
    assert row.resolved_at > row.raised_at


def test_what_passes_before_anybody_is_told_leaves_nothing(kettle: Kettle, mailbox: Mailbox) -> None:
    at = time.time()
    assert [looked(kettle, at, 90), looked(kettle, at + 15, 20)] == ["pending", ""]
    assert told() == []


def test_what_is_not_there_any_more_is_over_in_time(kettle: Kettle, mailbox: Mailbox) -> None:
    at = time.time()
    with obeying(kettle.policy, for_seconds=0.0):
        looked(kettle, at, 90)
        kettle.degrees = {}
        look_at(kettle, at + 15)
    row = Alert.objects.get()
    assert (row.state, row.output) == ("resolved", "It is not there any more.")


def test_a_rule_that_cannot_be_read_leaves_its_alerts_as_they_are(
    kettle: Kettle, mailbox: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    at = time.time()
    with obeying(kettle.policy, for_seconds=0.0):
        looked(kettle, at, 90)
        kettle.is_broken = True
        look_at(kettle, at + 600)
    assert Alert.objects.get().state == "raised"
    assert "The rule kettle cannot be read" in caplog.text


def test_a_rule_that_is_switched_off_raises_nothing_and_ends_what_it_raised(kettle: Kettle, mailbox: Mailbox) -> None:
    at = time.time()
    with obeying(kettle.policy, for_seconds=0.0):
        looked(kettle, at, 90)
    with obeying(kettle.policy, for_seconds=0.0, is_enabled=False):
        assert looked(kettle, at + 15, 95) == "resolved"
        assert looked(kettle, at + 30, 95) == "resolved"
    assert Alert.objects.count() == 1


def test_what_lasts_is_told_again_until_somebody_acknowledges_it(kettle: Kettle, mailbox: Mailbox) -> None:
    at = time.time()
    with obeying(kettle.policy, for_seconds=0.0, repeat_seconds=60.0):
        for seconds in (0, 15, 75):
            looked(kettle, at + seconds, 90)
        assert told() == ["raised", "repeated"]
        [alert] = alerts()
        done = acknowledge_alert(alert_id=alert.id, actor=ANN, reason="I turn it down")
        assert (done.acknowledged_by, done.acknowledged_reason) == ("ann", "I turn it down")
        looked(kettle, at + 200, 90)
        looked(kettle, at + 215, 20)
    assert told() == ["raised", "repeated", "resolved"]


def test_silence_is_kept_and_holds_for_the_next_of_its_kind(kettle: Kettle, mailbox: Mailbox) -> None:
    at = time.time()
    with obeying(kettle.policy, for_seconds=0.0):
        looked(kettle, at, 90)
        silence_alert(alert_id=alerts()[0].id, seconds=3_600, actor=ANN, reason="maintenance")
        for seconds, degrees in ((15, 20), (30, 90), (45, 20)):
            looked(kettle, at + seconds, degrees)
        assert told() == ["raised"]
        assert Alert.objects.count() == 2
        assert [one.state for one in alerts(open_only=False)] == ["resolved", "resolved"]
        looked(kettle, at + 3_700, 90)
    assert told() == ["raised", "raised"]


def test_to_look_twice_at_once_tells_nothing_twice(kettle: Kettle, mailbox: Mailbox) -> None:
    at = time.time()
    with obeying(kettle.policy, for_seconds=0.0):
        looked(kettle, at, 90)
        looked(kettle, at, 90)
    assert told() == ["raised"]


def test_one_at_a_time_has_the_turn_and_the_turn_of_the_dead_ends(kettle: Kettle) -> None:
    with taken_turn() as is_ours:
        assert is_ours
        assert evaluate([kettle]) is False
    assert evaluate([kettle]) is True
    AlertTurn.objects.update(holder="dead", until=time.time() + TURN_SECONDS)
    assert evaluate([kettle]) is False
    AlertTurn.objects.update(until=time.time() - 1)
    assert evaluate([kettle]) is True


def test_alerts_of_a_quarter_ago_are_forgotten(kettle: Kettle) -> None:
    long_ago = timezone.now() - timedelta(days=91)
    Alert.objects.create(
        rule="kettle", state="resolved", value=1, threshold=1, since=long_ago, seen_at=long_ago, raised_at=long_ago,
        resolved_at=long_ago,
    )  # fmt: skip
    evaluate([kettle])
    assert alerts(open_only=False) == ()


def test_every_rule_can_be_read_and_the_task_looks_at_all(caplog: pytest.LogCaptureFixture) -> None:
    look_at_rules()
    assert AlertTurn.objects.get().until == 0
    assert "cannot be read" not in caplog.text


def test_a_database_that_is_away_is_told_in_a_line_and_the_task_ends(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away() -> bool:
        raise OperationalError("gone")

    monkeypatch.setattr("apps.monitoring.tasks.evaluate", away)
    look_at_rules()
    assert "The rules of alerts could not be looked at: gone" in caplog.text
