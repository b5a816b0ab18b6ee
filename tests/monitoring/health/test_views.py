"""Health in full, for staff."""

import json
from collections.abc import Iterator

import pytest
from django.test import Client

from apps.monitoring.health import views
from apps.monitoring.health.health import Health
from apps.monitoring.health.history import History
from tests.chat.people import person
from tests.monitoring.health.lamps import Lamp, SlowLamp

pytestmark = pytest.mark.django_db(transaction=True)
PATHS = ["/api/health/detailed", "/api/system/health"]


@pytest.fixture
def lamp(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lamp]:
    found = Lamp()
    health = Health([found], History("web:here:1"))
    health.start()
    monkeypatch.setattr(views, "health", lambda: health)
    yield found
    health.stop()


@pytest.mark.parametrize("path", PATHS)
def test_staff_are_told_members_and_strangers_are_not(client: Client, lamp: Lamp, path: str) -> None:
    stranger = client.get(path)
    assert (stranger.status_code, stranger.headers["WWW-Authenticate"]) == (401, "Bearer")
    client.force_login(person("ann"))
    assert client.get(path).status_code == 403
    assert lamp.looks == 0, "who is told nothing has nothing looked at"
    client.force_login(person("root", is_staff=True))
    told = client.get(path)
    assert (told.status_code, told.headers["Content-Type"]) == (200, "application/health+json")
    assert json.loads(told.content)["checks"]["lamp:light"][0]["status"] == "pass"
    assert "no-store" in told.headers["Cache-Control"]
    assert client.post(path).status_code in {403, 405}


def test_checks_that_do_not_end_are_503(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped = Health([SlowLamp()], History("web:here:1"))
    monkeypatch.setattr(stopped, "_patience", lambda: 0.05)
    monkeypatch.setattr(views, "health", lambda: stopped)
    client.force_login(person("root", is_staff=True))
    assert client.get(PATHS[0]).status_code == 503
