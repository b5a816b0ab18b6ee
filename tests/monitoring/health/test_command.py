"""Health from the shell, in this process: what it writes, and how it ends."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import OperationalError

from apps.monitoring.management.commands import health as module
from apps.monitoring.policy.health import HEALTH
from tests.monitoring.health.lamps import Lamp
from tests.tuning.obeying import obeying

pytestmark = pytest.mark.django_db(transaction=True)


def ended(*arguments: str) -> tuple[object, str]:
    out = StringIO()
    with pytest.raises(SystemExit) as caught:
        call_command("health", *arguments, stdout=out, stderr=out)
    return caught.value.code, out.getvalue()


def test_it_tells_every_check_where_that_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "site_checks", lambda: [Lamp()])
    status, told = ended("--detailed")
    assert (status, json.loads(told)["checks"]["lamp:light"][0]["status"]) == (0, "pass")
    assert "checks" not in json.loads(ended()[1])


def test_policies_that_cannot_be_read_leave_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(module, "refresh", away)
    monkeypatch.setattr(module, "site_checks", lambda: [Lamp()])
    with obeying(HEALTH, timeout_seconds=10.0):
        status, told = ended()
    assert (status, told.splitlines()[0]) == (0, "The policies cannot be read.")
