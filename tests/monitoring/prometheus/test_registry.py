"""What prometheus_client and django-prometheus know, on our board."""

import os
from collections.abc import Iterator

import psutil
import pytest

from apps.chat.models import Conversation
from apps.monitoring.keeper import Keeper
from apps.monitoring.measuring.board import Board
from apps.monitoring.policy import REGISTERED
from apps.monitoring.recorders.registry import TAKEN, RegistryRecorder
from apps.monitoring.worker import Worker
from tests.tuning.obeying import obeying


@pytest.fixture
def recorder() -> Iterator[RegistryRecorder]:
    recorder = RegistryRecorder()
    recorder.listen()
    yield recorder
    recorder.deafen()


def told(recorder: RegistryRecorder, board: Board | None = None) -> dict[tuple[str, tuple[str, ...]], float]:
    board = board or Board()
    recorder.read(board)
    return {line.key: line.value for line in board.sheet(worker="w", started=0, at=0).lines}


def test_process_and_collector_are_told(recorder: RegistryRecorder) -> None:
    found = told(recorder)
    process = psutil.Process(os.getpid())
    assert {name for name, _ in found} == set(TAKEN)
    assert found["process_resident_memory_bytes", ()] == pytest.approx(process.memory_info().rss, rel=0.2)
    assert found["process_start_time_seconds", ()] == pytest.approx(process.create_time(), abs=2)
    assert found["process_cpu_seconds_total", ()] > 0
    assert {labels for name, labels in found if name == "python_gc_collections_total"} == {("0",), ("1",), ("2",)}


@pytest.mark.django_db
def test_rows_that_are_inserted_and_updated_are_counted_from_0(recorder: RegistryRecorder) -> None:
    before = told(recorder)
    conversation = Conversation.objects.create(title="One")
    conversation.title = "Two"
    conversation.save()
    conversation.save()
    after = told(recorder)
    key = ("conversation",)
    assert after["django_model_inserts_total", key] - before["django_model_inserts_total", key] == 1
    assert after["django_model_updates_total", key] - before["django_model_updates_total", key] == 2
    assert ("django_model_inserts_total", ("message",)) in before


@pytest.mark.django_db
def test_nothing_is_counted_any_more_once_it_has_ended() -> None:
    recorder = RegistryRecorder()
    recorder.listen()
    recorder.deafen()
    before = told(recorder)
    Conversation.objects.create(title="One")
    key = "django_model_inserts_total", ("conversation",)
    assert told(recorder)[key] == before[key]


def test_staff_leave_out_what_they_do_not_want(recorder: RegistryRecorder) -> None:
    with obeying(REGISTERED, ignore="python_ django_"):
        assert {name.partition("_")[0] for name, _ in told(recorder)} == {"process"}
    keeper = Keeper(Worker.here("web"), [recorder])
    keeper.turn()
    with obeying(REGISTERED, is_enabled=False):
        left = {line.metric for line in keeper.turn().lines} & TAKEN.keys()
    assert left == {name for name in TAKEN if name.endswith("_total")}, "counters stand still, gauges go"
