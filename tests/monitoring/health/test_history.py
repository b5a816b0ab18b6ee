"""Changes of health in the database."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError

from apps.monitoring.health import history as module
from apps.monitoring.health.finding import Finding, Result
from apps.monitoring.health.history import KEPT, History, prune
from apps.monitoring.health.status import Status
from apps.monitoring.models import HealthChange
from tests.servers.deadline import eventually

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def history() -> Iterator[History]:
    made = History("web:here:1")
    made.start()
    yield made
    made.stop()


def found(status: Status) -> list[Result]:
    finding = Finding(measurement="light", status=status, output="" if status is Status.PASS else "It is dark.")
    return [Result(name="lamp", component_type="component", findings=[finding], at=time.time())]


def kept() -> list[tuple[Any, ...]]:
    return list(HealthChange.objects.order_by("pk").values_list("check_name", "process", "before", "after", "output"))


def test_changes_are_kept_and_what_stays_as_it_is_is_not(history: History) -> None:
    for status in (Status.PASS, Status.FAIL, Status.FAIL, Status.PASS):
        history.take(found(status))
    assert eventually(lambda: len(kept()) == 2)
    assert kept() == [
        ("lamp", "web:here:1", "pass", "fail", "It is dark."),
        ("lamp", "web:here:1", "fail", "pass", ""),
    ]


def test_what_the_database_does_not_take_is_written_later_with_its_own_time(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "AGAIN_SECONDS", 0.02)
    refused: list[int] = []
    save = HealthChange.save

    def refusing(row: HealthChange, *arguments: Any, **options: Any) -> None:
        if len(refused) < 2:
            refused.append(1)
            raise DatabaseError("away")
        save(row, *arguments, **options)

    monkeypatch.setattr(HealthChange, "save", refusing)
    before = datetime.now(UTC)
    history.take(found(Status.FAIL))
    assert eventually(lambda: len(kept()) == 1)
    assert HealthChange.objects.get().at - before < timedelta(seconds=1)
    assert len(refused) == 2


def test_changes_of_a_month_ago_are_forgotten(history: History) -> None:
    HealthChange.objects.create(
        check_name="lamp", process="p", before="pass", after="warn", at=datetime.now(UTC) - KEPT
    )
    history.take(found(Status.WARN))
    eventually(lambda: len(kept()) == 2)
    assert prune() == 1
    assert kept()[0][1] == "web:here:1"


def test_the_end_of_the_server_writes_what_waits() -> None:
    history = History("web:here:2")
    history.take(found(Status.WARN))
    history.start()
    history.stop()
    assert len(kept()) == 1
