"""A rule of the tests' own, and real servers for what it tells."""

from collections.abc import Iterator
from typing import Any

import pytest

from apps.monitoring.alerts.rules.rule import Reading, Rule
from apps.monitoring.policy.alerts import bound, declare_rule
from apps.resilience.pipeline.registry import pipeline
from apps.tuning.registry import withdraw
from tests.servers.mailbox import Mailbox, running_mailbox
from tests.servers.receiver import Receiver, running_receiver

KEY = "whsec_" + "c2VjcmV0IHRoYXQgaXMgbG9uZyBlbm91Z2ggZm9yIHRlc3Rz"
RECIPIENTS = ["ann@chat.example", "bob@chat.example"]


class Kettle(Rule):
    """Too hot from 80 degrees on."""

    name = "kettle"

    def __init__(self) -> None:
        self.degrees = {"blue": 20.0}
        self.is_broken = False

    def read(self, at: float) -> list[Reading]:
        if self.is_broken:
            raise OSError("the thermometer fell off")
        return [Reading(key=key, value=one, output=f"{key}: {one:g} degrees.") for key, one in self.degrees.items()]


@pytest.fixture
def kettle() -> Iterator[Kettle]:
    told = bound("How hot.", unit="degrees", maximum=100)
    Kettle.policy = declare_rule("kettle", title="the kettle boils", threshold=80, told=told, for_seconds=30)
    yield Kettle()
    withdraw("alert_kettle")


@pytest.fixture(autouse=True)
def calm_pipelines() -> None:
    """Let what failed in one test reject nothing in the next."""
    for name in ("smtp", "alert_webhook"):
        pipeline(name).breaker.close()


@pytest.fixture
def mailbox(settings: Any) -> Iterator[Mailbox]:
    with running_mailbox() as box:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.IS_MAIL_SENT, settings.EMAIL_HOST, settings.EMAIL_PORT = True, "127.0.0.1", box.port
        settings.ALERT_RECIPIENTS = RECIPIENTS
        yield box


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    with running_receiver() as found:
        settings.ALERT_WEBHOOK_URL, settings.ALERT_WEBHOOK_KEY = found.url, KEY
        yield found
