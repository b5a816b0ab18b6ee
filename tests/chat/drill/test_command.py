"""Drills that cannot be run here say what is missing, and change nothing."""

from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command

from apps.chat.drill.breakage import breaking
from apps.chat.drill.crew import crew
from apps.chat.drill.scene import SCENES
from apps.chat.models import User
from apps.resilience.chaos import Fault
from apps.resilience.pipeline import pipeline
from apps.tuning.actor import SYSTEM

ENDPOINT, REDIS = {"ASSISTANT_BASE_URL": "http://127.0.0.1:1/v1"}, {"REDIS_URL": "redis://127.0.0.1:1/0"}


@pytest.mark.parametrize(
    ("name", "values", "words"),
    [
        ("assistant-down", {"ASSISTANT_BASE_URL": ""}, "fake_assistant"),
        ("assistant-slow", {**ENDPOINT, "CHAOS_ENABLED": False}, "CHAOS_ENABLED is off"),
        ("redis-down", {"REDIS_URL": ""}, "runs without Redis"),
        ("bus-loss", {"REDIS_URL": ""}, "runs without Redis"),
        ("bus-loss", {**REDIS, "CHAOS_ENABLED": False}, "CHAOS_ENABLED is off"),
        ("redis-failover", {"REDIS_URL": ""}, "runs without Redis"),
        ("redis-failover", REDIS, "no Sentinels"),
    ],
)
def test_what_a_site_has_not_cannot_fail(settings: Any, name: str, values: dict[str, Any], words: str) -> None:
    for setting, value in values.items():
        setattr(settings, setting, value)
    with pytest.raises(CommandError, match=words):
        call_command("drill", name)


@pytest.mark.parametrize(
    ("url", "words"), [("http://127.0.0.1:1", "No site answers"), ("ftp://127.0.0.1", "is no address")]
)
def test_a_drill_needs_a_site_that_runs(url: str, words: str) -> None:
    with pytest.raises(CommandError, match=words):
        call_command("drill", "refresh-storm", url=url)


@pytest.mark.django_db(transaction=True)
def test_what_fails_on_purpose_is_as_it_was_afterwards_whatever_happens(settings: Any) -> None:
    settings.CHAOS_ENABLED = True
    before = pipeline("assistant").handle.current
    seen: list[Fault] = []

    def fail() -> None:
        with breaking(SCENES["assistant-down"], seconds=5, actor=SYSTEM, reason="drill"):
            seen.append(pipeline("assistant").handle.current.fault)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert seen == [Fault.ERROR]
    assert pipeline("assistant").handle.current == before


def test_everything_of_redis_is_down_in_that_drill_and_only_the_bus_in_the_other() -> None:
    assert {"redis_bus", "redis_flights"} <= set(SCENES["redis-down"].broken)
    assert SCENES["bus-loss"].broken == ["redis_bus"]
    assert SCENES["refresh-storm"].broken == []


@pytest.mark.django_db(transaction=True)
def test_nobody_of_a_drill_stays() -> None:
    with crew(2, has_assistant=True) as members:
        assert User.objects.filter(username__startswith="drill-").count() == 2
        assert Session.objects.filter(session_key__in=[member.session for member in members]).count() == 2
    assert not User.objects.filter(username__startswith="drill-").exists()
    assert not Session.objects.exists()
