"""The schedule of the embedded default: kept once, beside the task worker of the web process."""

import errno
import fcntl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import pytest
from django.conf import settings as conf

from perfsite import scheduler as module
from perfsite.celery import app
from perfsite.scheduler import LOCK, Scheduler
from tests.servers.deadline import eventually

pytestmark = pytest.mark.engine("sqlite")


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """A task that is due five times a second, and when it was put into its queue."""
    times: list[float] = []

    @app.task(name="tests.tick", typing=False, lazy=False, shared=False)
    def tick() -> None:
        """Do nothing."""

    monkeypatch.setattr(tick, "apply_async", lambda *_, **__: times.append(time.monotonic()))
    before = app.conf.beat_schedule
    app.conf.beat_schedule = {"tick": {"task": "tests.tick", "schedule": 0.2}}
    yield times
    app.conf.beat_schedule = before
    app.tasks.pop("tests.tick", None)


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Scheduler]]:
    monkeypatch.setattr(module, "AGAIN_SECONDS", 0.05)
    begun: list[Scheduler] = []

    def begin() -> Scheduler:
        begun.append(Scheduler())
        begun[-1].start()
        return begun[-1]

    yield begin
    for scheduler in begun:
        scheduler.stop()


def test_what_is_due_is_queued_again_and_again(sent: list[float], start: Callable[[], Scheduler]) -> None:
    start()
    assert eventually(lambda: len(sent) >= 2, seconds=10)


@pytest.fixture
def tries(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """What came of each try to have the lock."""
    found: list[bool] = []
    is_locked = module.is_locked

    def tried(file: IO[str]) -> bool:
        found.append(is_locked(file))
        return found[-1]

    monkeypatch.setattr(module, "is_locked", tried)
    return found


def test_of_two_one_keeps_the_schedule_and_the_other_takes_over(
    sent: list[float], tries: list[bool], start: Callable[[], Scheduler]
) -> None:
    with (Path(conf.DATA_DIR) / LOCK).open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        start()
        eventually(lambda: len(tries) >= 2)
        assert not any(tries)
        assert sent == []
    assert eventually(lambda: sent, seconds=10)


def test_one_that_waits_ends_with_its_server(tries: list[bool], start: Callable[[], Scheduler]) -> None:
    with (Path(conf.DATA_DIR) / LOCK).open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        scheduler = start()
        eventually(lambda: tries)
        scheduler.stop()
        assert not scheduler._thread.is_alive()


def test_it_ends_with_the_server(start: Callable[[], Scheduler]) -> None:
    scheduler = start()
    scheduler.stop()
    assert not scheduler._thread.is_alive()


def test_every_scheduled_task_is_one_that_workers_know_and_is_not_kept_in_a_file() -> None:
    app.loader.import_default_modules()
    assert {entry["task"] for entry in conf.CELERY_BEAT_SCHEDULE.values()} <= set(app.tasks)
    assert conf.CELERY_BEAT_SCHEDULER == "celery.beat:Scheduler"


def test_a_file_system_without_locks_is_told_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with (tmp_path / LOCK).open("w") as file:
        assert not module.is_locked(file)
    assert "No lock can be had" in caplog.text
