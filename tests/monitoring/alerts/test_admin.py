"""Alerts in the admin."""

import time
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.monitoring.alerts.evaluation import look_at
from apps.monitoring.alerts.exceptions import AlertGoneError
from apps.monitoring.alerts.service import acknowledge_alert, alerts, silence_alert
from apps.monitoring.models import Alert
from apps.tuning.actor import SYSTEM
from apps.tuning.exceptions import PolicyError
from apps.tuning.models import AuditEntry
from tests.chat.people import person
from tests.monitoring.alerts.conftest import Kettle
from tests.servers.mailbox import Mailbox
from tests.tuning.obeying import obeying

pytestmark = pytest.mark.django_db
LIST = "/admin/monitoring/alert/"


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(person("root", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def alert(kettle: Kettle, mailbox: Mailbox) -> Alert:
    kettle.degrees = {"blue": 95.0}
    with obeying(kettle.policy, for_seconds=0.0):
        look_at(kettle, time.time())
    return Alert.objects.get()


def ordered(staff: Client, alert: Alert, action: str, **fields: str) -> str:
    data = {"action": action, "_selected_action": alert.pk, "index": "0", **fields}
    return staff.post(LIST, data, follow=True).content.decode()


def test_the_list_and_an_alert_with_its_deliveries_open(staff: Client, alert: Alert) -> None:
    assert "blue" in staff.get(f"{LIST}?state__exact=raised&q=kettle").content.decode()
    page = staff.get(f"{LIST}{alert.pk}/change/").content.decode()
    assert "ann@chat.example" in page
    assert "blue: 95 degrees." in page


def test_staff_silence_an_alert_with_a_reason_on_record(staff: Client, alert: Alert) -> None:
    page = ordered(staff, alert, "silence", reason="maintenance", seconds="14400")
    assert "1 alert is silent." in page
    [found] = alerts()
    assert found.silenced_until is not None
    assert timedelta(hours=3.9) < found.silenced_until - timezone.now() < timedelta(hours=4)
    entry = AuditEntry.objects.latest("id")
    assert (entry.action, entry.target, entry.actor_name, entry.reason) == (
        "alert.silenced", "alert:kettle:blue", "root", "maintenance",
    )  # fmt: skip


def test_staff_acknowledge_an_alert_with_a_reason_on_record(staff: Client, alert: Alert) -> None:
    assert "1 alert is acknowledged." in ordered(staff, alert, "acknowledge", reason="on it", seconds="3600")
    assert alerts()[0].acknowledged_by == "root"
    assert AuditEntry.objects.latest("id").action == "alert.acknowledged"


def test_without_a_reason_nothing_is_done(staff: Client, alert: Alert) -> None:
    assert "say why" in ordered(staff, alert, "acknowledge")
    assert alerts()[0].acknowledged_by == ""
    with pytest.raises(PolicyError):
        silence_alert(alert_id=alert.pk, seconds=60, actor=SYSTEM, reason=" ")
    assert not AuditEntry.objects.filter(action__startswith="alert.").exists()


def test_what_is_over_is_neither_silenced_nor_acknowledged(staff: Client, alert: Alert) -> None:
    Alert.objects.update(resolved_at=timezone.now(), state="resolved")
    assert "There is no open alert" in ordered(staff, alert, "silence", reason="late", seconds="3600")
    with pytest.raises(AlertGoneError):
        acknowledge_alert(alert_id=alert.pk, actor=SYSTEM, reason="late")


def test_alerts_are_neither_added_nor_deleted_by_hand(staff: Client, alert: Alert) -> None:
    assert staff.get(f"{LIST}add/").status_code == 403
    assert staff.post(f"{LIST}{alert.pk}/delete/", {"post": "yes"}).status_code == 403


def test_changes_of_health_are_listed(staff: Client) -> None:
    assert staff.get("/admin/monitoring/healthchange/?q=database").status_code == 200
