"""Tasks and queues, run by the worker of the embedded default and waiting in real brokers."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from celery import current_app
from celery.worker import state
from redis import Redis

from apps.backplane.bus import BusStatus
from apps.monitoring.measuring.board import Board
from apps.monitoring.policy.recorders import QUEUES, TASKS
from apps.monitoring.recorders import queues
from apps.monitoring.recorders.queues import QueueRecorder, is_first, waiting
from apps.monitoring.recorders.tasks import HEADER, TaskRecorder, TaskRun, due_at
from apps.resilience.pipeline.registry import pipeline
from perfsite.celery import app
from perfsite.worker import Worker
from tests.monitoring.recorders.board import Shown
from tests.servers.deadline import eventually

NAME = "tests.watched"
JOBS = "queue_jobs"


@pytest.fixture
def recorder(listening: Callable[[Any], Any]) -> TaskRecorder:
    return listening(TaskRecorder())


@pytest.fixture
def task() -> Iterator[Any]:
    """A task that fails where it is told to."""

    def watched(is_bad: bool) -> None:
        if is_bad:
            raise ValueError("as told")

    yield app.task(watched, name=NAME, typing=False, lazy=False, shared=False)
    app.tasks.pop(NAME, None)


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch, task: Any) -> Iterator[Worker]:
    monkeypatch.setattr(state, "should_stop", None)
    app.control.purge()  # what other tests published and no worker of theirs took
    one = Worker()
    one.start()
    yield one
    one.stop()


@pytest.fixture
def broker() -> Iterator[None]:
    """The broker's breaker, closed before and after."""
    pipeline("broker").breaker.close()
    yield
    pipeline("broker").breaker.close()


@pytest.mark.engine("sqlite")
@pytest.mark.usefixtures("worker")
def test_tasks_are_timed_from_their_publication_to_their_end(recorder: TaskRecorder, task: Any) -> None:
    board = Board()
    for is_bad in (False, True):
        task.delay(is_bad)
    eventually(lambda: Shown(recorder, board).labels("task_duration_seconds") >= {(NAME, "SUCCESS"), (NAME, "FAILURE")})
    shown = Shown(recorder, board)
    assert shown("tasks_published_total", NAME) == 2
    waits = shown.histogram("task_wait_seconds", NAME)
    assert waits.count == 2
    assert 0 <= waits.total < 10
    assert recorder.running == {}
    looking = QueueRecorder(recorder)
    looking.look()
    jobs = Shown(looking)
    assert [jobs(JOBS, "celery", one) for one in ("active", "completed", "failed", "waiting")] == [0, 1, 1, 0]


def test_a_task_waits_from_when_it_might_have_begun() -> None:
    def request(**fields: Any) -> SimpleNamespace:
        return SimpleNamespace(**{"eta": None, **fields})

    assert due_at(request()) is None
    assert due_at(request(**{HEADER: "soon"})) is None
    assert due_at(request(**{HEADER: 100.0})) == 100.0
    assert due_at(request(**{HEADER: 100.0, "eta": "1970-01-01T00:05:00+00:00"})) == 300.0


def test_what_runs_now_is_active(recorder: TaskRecorder) -> None:
    recorder.running["1"] = TaskRun(queue="import", began=0.0)
    recorder.running["2"] = TaskRun(queue="mail", began=0.0)
    shown = Shown(QueueRecorder(recorder))
    assert shown(JOBS, "import", "active") == shown(JOBS, "mail", "active") == 1
    assert shown(JOBS, "celery", "active") == 0


def test_what_is_ignored_is_not_counted(recorder: TaskRecorder, task: Any, ruled: Callable[..., None]) -> None:
    ruled(TASKS, ignore="tests.")
    ruled(QUEUES, ignore="import")
    task.apply([False])
    assert Shown(recorder).labels("task_duration_seconds") == set()
    assert {labels[0] for labels in Shown(QueueRecorder(recorder)).labels(JOBS)} == {"celery"}


def test_switched_off_nothing_is_taken(recorder: TaskRecorder, task: Any, ruled: Callable[..., None]) -> None:
    ruled(TASKS, is_enabled=False)
    task.apply([False])
    assert recorder.drained() == []


def test_tasks_run_by_hand_have_no_wait(recorder: TaskRecorder, task: Any) -> None:
    task.apply([False])
    shown = Shown(recorder)
    assert shown.histogram("task_duration_seconds", NAME, "SUCCESS").count == 1
    assert shown.labels("task_wait_seconds") == set()


@pytest.mark.engine("sqlite")
@pytest.mark.usefixtures("broker")
def test_tasks_that_no_worker_takes_wait(task: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queues, "queues", lambda: {"watched", "unused"})
    for _ in range(3):
        task.apply_async([False], queue="watched")
    try:
        assert waiting()["watched"] == 3
        assert waiting()["unused"] == 0
    finally:
        with current_app.connection_for_read() as connection, connection.channel() as channel:
            channel.queue_purge("watched")


@pytest.mark.engine("sqlite")
@pytest.mark.usefixtures("broker")
def test_tasks_wait_in_redis_as_well(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(current_app.conf, "broker_read_url", redis_url)
    monkeypatch.setattr("django.conf.settings.CELERY_IN_PROCESS", False)
    with Redis.from_url(redis_url) as client:
        client.sadd("_kombu.binding.celery", "celery\x06\x16\x06\x16celery")
        client.rpush("celery", "one", "two")
    recorder = QueueRecorder(TaskRecorder())
    recorder.look()
    assert Shown(recorder)(JOBS, "celery", "waiting") == 2


@pytest.mark.engine("sqlite")
@pytest.mark.usefixtures("broker")
def test_a_broker_that_does_not_answer_leaves_a_gap_and_is_said_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(current_app.conf, "broker_read_url", "redis://127.0.0.1:1/0")
    recorder = QueueRecorder(TaskRecorder())
    recorder.look()
    pipeline("broker").breaker.open()
    recorder.look()
    assert ("celery", "waiting") not in Shown(recorder).labels(JOBS)
    assert ("celery", "active") in Shown(recorder).labels(JOBS)
    assert caplog.text.count("not known how many tasks wait") == 1
    monkeypatch.setattr(current_app.conf, "broker_read_url", None)
    pipeline("broker").breaker.close()
    recorder.look()
    assert Shown(recorder)(JOBS, "celery", "waiting") == 0


class _Bus:
    def __init__(self, origin: str, *peers: str) -> None:
        self._status = BusStatus(
            origin=origin, is_shared=True, is_connected=True, peers=peers,
            published=0, delivered=0, dropped=0, losses=0,
        )  # fmt: skip

    def status(self) -> BusStatus:
        return self._status


def test_of_several_processes_one_asks() -> None:
    names = ("a:1", "b:2", "c:3")
    asking = [name for name in names if is_first(_Bus(name, *(peer for peer in names if peer != name)))]
    assert asking == ["a:1"]
    assert is_first(_Bus("z"))
    assert is_first(None)


def test_who_is_not_the_one_tells_of_nothing_that_waits(recorder: TaskRecorder) -> None:
    one = QueueRecorder(recorder)
    one._bus = _Bus("z", "a")
    one.look()
    assert ("celery", "waiting") not in Shown(one).labels(JOBS)


def test_a_look_that_fails_in_a_way_nobody_foresaw_costs_that_look_alone(
    monkeypatch: pytest.MonkeyPatch,
    listening: Callable[[Any], Any],
    recorder: TaskRecorder,
    caplog: pytest.LogCaptureFixture,
) -> None:
    looks: list[int] = []

    def fails_once() -> dict[str, int]:
        looks.append(1)
        if len(looks) == 1:
            raise RuntimeError("Set changed size during iteration")
        return {"celery": 7}

    monkeypatch.setattr(queues, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(queues, "waiting", fails_once)
    one = listening(QueueRecorder(recorder))
    one._bus = None
    eventually(lambda: ("celery", "waiting") in Shown(one).labels(JOBS))
    assert "It is not known how many tasks wait" in caplog.text


def test_the_broker_is_asked_again_and_again(
    monkeypatch: pytest.MonkeyPatch, listening: Callable[[Any], Any], recorder: TaskRecorder
) -> None:
    monkeypatch.setattr(queues, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(queues, "waiting", lambda: {"celery": 7})
    one = listening(QueueRecorder(recorder))
    one._bus = None
    eventually(lambda: ("celery", "waiting") in Shown(one).labels(JOBS))
    assert Shown(one)(JOBS, "celery", "waiting") == 7
    one.deafen()
    assert not one._thread.is_alive()
