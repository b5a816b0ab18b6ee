"""The task worker inside the web process."""

import logging
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, current_thread
from typing import Any

import pytest
from celery.worker import state

from perfsite import worker as worker_module
from perfsite.celery import app
from perfsite.worker import Worker, run_task
from tests.servers.deadline import eventually

pytestmark = pytest.mark.engine("sqlite")


@contextmanager
def running() -> Iterator[Worker]:
    """A worker that knows the tasks registered until now."""
    worker = Worker()
    worker.start()
    try:
        yield worker
    finally:
        worker.stop()


@pytest.fixture
def task() -> Iterator[Callable[..., Any]]:
    """Register functions as tasks for one test."""
    names: list[str] = []

    def register(function: Callable[..., Any]) -> Any:
        names.append(f"tests.{len(names)}")
        return app.task(function, name=names[-1], typing=False, lazy=False, shared=False)

    yield register
    for name in names:
        app.tasks.pop(name, None)


def test_however_many_imports_wait_a_short_task_runs_beside_them(task: Callable[..., Any]) -> None:
    begun, ended, ran = Event(), Event(), Event()

    def wait() -> None:
        begun.set()
        ended.wait(30)

    def note() -> None:
        ran.set()

    slow, short = task(wait), task(note)
    with running():
        for _ in range(20):
            slow.apply_async(queue="import")
        assert begun.wait(20)
        short.apply_async(queue="celery")
        try:
            assert ran.wait(10)
        finally:
            ended.set()


@pytest.mark.parametrize("queue", ["celery", "import"])
def test_task_of_each_queue_runs_in_this_process(task: Callable[..., Any], queue: str) -> None:
    ran: list[str] = []

    def note() -> None:
        ran.append(current_thread().name)

    registered = task(note)
    with running():
        registered.apply_async(queue=queue)
        eventually(lambda: ran)
    assert ran[0].startswith("task-")


def test_short_task_is_not_held_up_by_a_long_one(task: Callable[..., Any]) -> None:
    release, ran = Event(), Event()

    def long() -> None:
        release.wait(20)

    def short() -> None:
        ran.set()

    tasks = task(long), task(short)
    with running():
        tasks[0].apply_async(queue="import")
        tasks[1].delay()
        assert ran.wait(20)
        release.set()


def test_task_that_fails_costs_no_thread(task: Callable[..., Any]) -> None:
    ran = Event()

    def fail() -> None:
        raise ValueError("the task failed")

    def note() -> None:
        ran.set()

    tasks = task(fail), task(note)
    with running():
        for _ in range(2):
            tasks[0].delay()
        tasks[1].delay()
        assert ran.wait(20)


def test_failure_of_celery_itself_is_logged_and_costs_no_thread(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise ValueError("Celery failed")

    run_task(fail, (), {}, None, None)
    assert "Celery failed" in caplog.text


def test_task_learns_that_the_server_ends_and_stops_between_two_batches(task: Callable[..., Any]) -> None:
    worker, begun, ended = Worker(), Event(), Event()

    def batches() -> None:
        begun.set()
        eventually(lambda: state.should_stop is not None)
        ended.set()

    registered = task(batches)
    worker.start()
    registered.delay()
    assert begun.wait(20)
    worker.stop()
    assert ended.is_set()


def test_task_that_does_not_stop_is_abandoned(task: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module, "GRACE_SECONDS", 0.2)
    worker, begun, release = Worker(), Event(), Event()

    def hang() -> None:
        begun.set()
        release.wait(30)

    registered = task(hang)
    worker.start()
    registered.delay()
    assert begun.wait(20)
    asked = time.monotonic()
    worker.stop()
    assert time.monotonic() - asked < 10
    release.set()


def test_signals_and_logging_of_the_process_are_left_alone(task: Callable[..., Any]) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)]
    handlers, stdout = list(logging.getLogger().handlers), sys.stdout
    ran = Event()

    def note() -> None:
        ran.set()

    registered = task(note)
    with running():
        registered.delay()
        assert ran.wait(20)
        assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)] == before
        assert logging.getLogger().handlers == handlers
        assert sys.stdout is stdout
