"""Signals of the apps below become events, by a thread of its own."""

from collections import Counter
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.db import DatabaseError, connection

from apps.backplane.signals import primary_changed
from apps.caching.signals import freshness_violated
from apps.deduplication.signals import duplicate_found, guarantee_lost, guarantee_restored
from apps.monitoring.events.happening import Happening
from apps.monitoring.events.writer import WAITING, EventWriter
from apps.monitoring.models import Event
from apps.resilience.breaker.state import State, Transition
from apps.resilience.signals import breaker_changed
from tests.servers.deadline import eventually

OPENED = Transition(old=State.CLOSED, new=State.OPEN, reason="6 of 10 calls failed", at=0.0)


@pytest.fixture
def dropped() -> Counter[str]:
    return Counter()


@pytest.fixture
def writer(transactional_db: None, dropped: Counter[str]) -> Iterator[EventWriter]:
    made = EventWriter(lambda kind, number: dropped.update({kind: number}))
    made.start()
    yield made
    made.stop()


def titles(number: int) -> list[str]:
    """Return the titles once there are so many."""
    eventually(lambda: Event.objects.count() >= number, what=f"{number} events")
    return list(Event.objects.order_by("pk").values_list("title", flat=True))


@pytest.mark.usefixtures("writer")
def test_every_signal_is_written_down(dropped: Counter[str]) -> None:
    breaker_changed.send_robust(None, name="smtp", transition=OPENED)
    guarantee_lost.send_robust(None, reason="the store is gone")
    guarantee_restored.send_robust(None, lost_seconds=2.0)
    freshness_violated.send_robust(None, namespace="chat.page", digest="ab" * 16, level="L1", why="older")
    duplicate_found.send_robust(None, count=1)
    primary_changed.send_robust(None, primary="b:6379", before="a:6379")
    assert titles(7) == [
        f"Version {settings.VERSION} runs",
        "Breaker smtp: closed → open",
        "Guarantee lost: identical work runs once per process only",
        "Guarantee restored: identical work runs once among all processes",
        "Freshness violated: chat.page at L1",
        "Duplicate execution: 1 overlapped another of their key",
        "Redis has another primary: b:6379",
    ]
    assert not dropped


def test_a_version_is_news_only_to_its_first_process(writer: EventWriter) -> None:
    assert titles(1) == [f"Version {settings.VERSION} runs"]
    second = EventWriter(lambda *_: None)
    second.start()
    second.stop()
    assert Event.objects.count() == 1


def test_what_stopped_hears_no_more(writer: EventWriter) -> None:
    writer.stop()
    breaker_changed.send_robust(None, name="smtp", transition=OPENED)
    assert not Event.objects.filter(kind=Event.Kind.BREAKER).exists()


def test_more_than_can_wait_is_dropped_and_counted() -> None:
    dropped: Counter[str] = Counter()
    idle = EventWriter(lambda kind, number: dropped.update({kind: number}))
    for _ in range(WAITING + 3):
        idle.tell(Happening(kind="breaker", subject="smtp", state="open", title="it opened"))
    assert dropped == {"events": 3}


def test_a_database_that_refuses_costs_that_event_alone(
    writer: EventWriter, dropped: Counter[str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    titles(1)
    broken = SimpleNamespace(is_on=True)

    def refuse(*_: object) -> bool:
        if broken.is_on:
            raise DatabaseError("disk full")
        return False

    monkeypatch.setattr("apps.monitoring.events.writer.write", refuse)
    writer.tell(Happening(kind="breaker", subject="smtp", state="open", title="it opened"))
    eventually(lambda: dropped["events"] == 1, what="the drop")
    broken.is_on = False
    writer.tell(Happening(kind="breaker", subject="smtp", state="open", title="it opened"))
    writer.stop()
    assert dropped == {"events": 1}
    assert "The events cannot be written" in caplog.text
    connection.close()
