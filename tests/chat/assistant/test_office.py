"""Who is taken for dead, and who is given time."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError

from apps.chat.assistant import office
from apps.chat.assistant.offline import Offline
from apps.chat.live.desk import Desk
from apps.chat.signals import reply_requested

OURS, THEIRS = 7, 8


class Database(Desk):
    """Holds silent replies; raises each of `failures` instead of an answer, and ours is never opened to its end."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.looks = 0
        self.buried: list[int] = []

    async def ask(self, question: Callable[..., Any], *arguments: Any, **_: Any) -> Any:
        await asyncio.sleep(0)
        if question.__name__ == "silent":
            self.looks += 1
            if self.failures:
                raise self.failures.pop(0)
            return {OURS, THEIRS}
        if question.__name__ == "bury":
            self.buried.append(arguments[0])
        if question.__name__ == "opened":
            await asyncio.Event().wait()
        return None

    def stop(self) -> None:
        """There are no threads."""


@asynccontextmanager
async def opened(database: Database) -> AsyncIterator[None]:
    """An office that writes one reply itself."""
    own = office.Office(desk=database, upstream=Offline(lambda _: asyncio.sleep(0, [])))
    own.open()
    reply_requested.send(sender=None, reply_id=OURS)
    try:
        async with asyncio.timeout(10):
            yield
    finally:
        await asyncio.to_thread(own.close)


async def until(condition: Callable[[], bool]) -> None:
    if not condition():
        await asyncio.sleep(0.001)
        await until(condition)


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office, "SWEEP_SECONDS", 0.001)


async def test_reply_that_is_written_here_is_never_taken_for_dead() -> None:
    database = Database()
    async with opened(database):
        await until(lambda: database.looks > 5)
    assert set(database.buried[1:]) == {THEIRS}


async def test_writers_are_given_the_lease_after_the_database_was_away(monkeypatch: pytest.MonkeyPatch) -> None:
    database = Database(DatabaseError("away"))
    async with opened(database):
        await until(lambda: database.looks > 20)
        assert database.buried == []
    monkeypatch.setattr(office, "LEASE", timedelta(0))
    database = Database(DatabaseError("away"))
    async with opened(database):
        await until(lambda: THEIRS in database.buried)


async def test_looking_goes_on_whatever_fails(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office, "LEASE", timedelta(0))
    database = Database(RuntimeError("a fault"), RuntimeError("a fault"))
    async with opened(database):
        await until(lambda: THEIRS in database.buried)
    assert caplog.text.count("Unfinished replies cannot be looked for") == 1
    assert "Traceback" in caplog.text
