"""Callers that leave just when they are answered: one of the two happens, never both, never neither."""

import asyncio
import threading
import time
from collections.abc import Callable

import pytest

from apps.deduplication.flights.aloft import Aloft
from apps.deduplication.flights.callers import Caller, ThreadCaller
from apps.deduplication.flights.guarantee import Guarantee
from apps.deduplication.flights.guarded import GuardedStore
from apps.deduplication.flights.memory import MemoryStore
from apps.deduplication.flights.outcome import Outcome
from apps.deduplication.flights.scope import Scope
from apps.deduplication.flights.store import Place
from apps.deduplication.flights.table import Table
from tests.deduplication.flights.crew import Crew
from tests.servers.deadline import eventually


class Hanging(MemoryStore):
    """A store far away that answers no publication until it is let, and then with an error, as a closed one does."""

    is_remote = True

    def __init__(self) -> None:
        super().__init__(time.monotonic)
        self.asked, self.answered = threading.Event(), threading.Event()

    def publish(self, place: Place, token: str, outcome: Outcome) -> bool:
        self.asked.set()
        self.answered.wait(20)
        raise ConnectionError("gone")


def test_a_caller_that_runs_its_work_or_was_answered_cannot_leave_any_more(table: Table, scope: Scope) -> None:
    crew = Crew(table, scope)
    pilot = ThreadCaller(crew.work)
    aloft, is_replay = table.board(scope, crew.digest, crew.policy, pilot)
    assert aloft is not None
    assert pilot.is_pilot
    assert not is_replay
    assert not table.leave(aloft, pilot)
    crew.opened.set()
    assert table.fly(aloft, pilot) == b"v1"
    assert not table.leave(aloft, pilot)


def test_a_thread_answered_just_as_its_time_was_over_gets_its_answer(
    table: Table, scope: Scope, monkeypatch: pytest.MonkeyPatch
) -> None:
    crew = Crew(table, scope, wait_seconds=0.3, lease_seconds=0.2)
    leave = table.leave

    def late(aloft: Aloft, caller: Caller) -> bool:
        crew.opened.set()
        leader.join(20)
        return leave(aloft, caller)

    leader = crew.thread()
    crew.until_aboard(1)
    monkeypatch.setattr(table, "leave", late)
    assert crew.call() == b"v1"
    assert crew.runs == 1


async def test_a_coroutine_answered_just_as_its_time_was_over_gets_its_answer(
    table: Table, scope: Scope, monkeypatch: pytest.MonkeyPatch
) -> None:
    crew = Crew(table, scope, wait_seconds=0.3, lease_seconds=0.2)
    asked: list[Caller] = []

    def late(aloft: Aloft, caller: Caller) -> bool:
        asked.append(caller)
        crew.opened.set()
        return False

    leader = asyncio.create_task(crew.async_call())
    await crew.until_aboard_async(1)
    monkeypatch.setattr(table, "leave", late)
    assert await crew.async_call() == await leader == b"v1"
    assert len(asked) == crew.runs == 1


def test_a_process_that_ends_while_its_store_hangs_says_so_once_and_as_no_error(
    scope: Scope, make_table: Callable[..., Table], caplog: pytest.LogCaptureFixture
) -> None:
    store = Hanging()
    table = make_table(GuardedStore(store, Guarantee()))
    crew = Crew(table, scope)
    crew.opened.set()
    with caplog.at_level("INFO"):
        assert asyncio.run(crew.async_call()) == b"v1"
        assert store.asked.wait(20)
        table.stop()
        store.answered.set()
        eventually(lambda: caplog.records)
        table.stop()
    assert [(one.levelname, one.message.split(":")[0]) for one in caplog.records] == [
        ("WARNING", "Flights have no store (ConnectionError")
    ]
