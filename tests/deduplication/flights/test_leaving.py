"""Callers that leave just when they are answered: one of the two happens, never both, never neither."""

import asyncio

import pytest

from apps.deduplication.flights.aloft import Aloft
from apps.deduplication.flights.callers import Caller, ThreadCaller
from apps.deduplication.flights.scope import Scope
from apps.deduplication.flights.table import Table
from tests.deduplication.flights.crew import Crew


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
