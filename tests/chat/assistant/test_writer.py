"""One reply on its way, with a database and an upstream that do as the test says."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import DatabaseError, InterfaceError

from apps.chat.assistant import draft, voice, writer
from apps.chat.assistant.closing import Closing
from apps.chat.assistant.ledger import Beat, StoppedError
from apps.chat.assistant.upstream import Piece, Question, UpstreamError, Usage
from apps.chat.assistant.writer import Writer
from apps.chat.exceptions import NotFoundError
from apps.chat.live.desk import Desk
from apps.chat.records import ReplyRecord
from tests.chat.assistant.questions import question

RECORD = ReplyRecord(
    id=7,
    conversation=1,
    state="writing",
    asked_by=None,
    replaces=None,
    cursor=0,
    text="",
    outcome=None,
    message=None,
    error=None,
    asked_at=datetime(2026, 1, 1, tzinfo=UTC),
    ended_at=None,
)
DONE = Piece(ending="complete")


class Database(Desk):
    """Holds one reply. What is in `failures` is raised instead of the next answer to a question of that name."""

    def __init__(self) -> None:
        self.failures: dict[str, list[Exception]] = {"opened": [], "beat": [], "concluded": []}
        self.beats: list[str] = []
        self.found = Beat(is_ours=True, is_stop_asked=False)
        self.end: tuple[str, Closing] | None = None

    async def ask(self, question: Callable[..., Any], *arguments: Any, **options: Any) -> Any:  # type: ignore[override]
        await asyncio.sleep(0)
        name = question.__name__
        if self.failures[name]:
            raise self.failures[name].pop(0)
        return getattr(self, name)(*arguments, **options)

    def opened(self, _: int) -> tuple[ReplyRecord, Question]:
        return RECORD, question()

    def beat(self, _: int, *, text: str) -> Beat:
        self.beats.append(text)
        return self.found

    def concluded(self, _: int, *, text: str, closing: Closing) -> None:
        self.end = (text, closing)


class Source:
    """Yields the pieces, then fails or waits for ever where it is told to."""

    def __init__(self, *pieces: Piece, then: Exception | None = None, waits: bool = False) -> None:
        self._pieces, self._then, self._waits = pieces, then, waits
        self.is_left = False

    async def prepare(self) -> None:
        """Nothing to load."""

    async def answer(self, _: Question) -> AsyncGenerator[Piece, None]:
        try:
            for piece in self._pieces:
                yield piece
                await asyncio.sleep(0)
            if self._waits:
                await asyncio.Event().wait()
            if self._then:
                raise self._then
        finally:
            self.is_left = True

    async def close(self) -> None:
        """Nothing to let go of."""


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> Database:
    monkeypatch.setattr(writer, "CONCLUDE_PAUSES", (0, 0))
    monkeypatch.setattr(writer, "HEARTBEAT_SECONDS", 0.001)
    return Database()


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    events: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(voice, "publish_live", lambda _, kind, fields: events.append((kind, fields)))
    return events


async def written(database: Database, source: Source) -> tuple[str, Closing] | None:
    async with asyncio.timeout(10):
        await Writer(7, desk=database, upstream=source).write()
    return database.end


async def test_words_cost_and_ending_are_stored(database: Database) -> None:
    usage = Usage(prompt_tokens=1, reply_tokens=2)
    end = await written(database, Source(Piece("Hello "), Piece("you"), DONE, Piece(usage=usage)))
    assert end == ("Hello you", Closing(outcome="complete", usage=usage))


async def test_reply_that_was_stopped_before_it_began_asks_nobody(database: Database) -> None:
    database.failures["opened"] = [StoppedError()]
    assert await written(database, Source(Piece("Hello"), DONE)) == ("", Closing(outcome="stopped"))


async def test_words_that_come_together_are_told_together(
    database: Database, told: list[tuple[str, dict[str, Any]]]
) -> None:
    await written(database, Source(*(Piece("x") for _ in range(100)), DONE))
    said = [fields for kind, fields in told if kind == "token" and fields["text"]]
    assert said[0] == {"reply": 7, "cursor": 1, "text": "x"}
    assert said[-1]["cursor"] == 100
    assert "".join(fields["text"] for fields in said) == "x" * 100
    assert len(said) < 10


@pytest.mark.parametrize(
    ("source", "closing"),
    [
        (Source(Piece("So"), then=UpstreamError("cut", "gone")), Closing(outcome="cut", fault="cut")),
        (Source(then=UpstreamError("busy", "later")), Closing(outcome="cut", fault="busy")),
        (Source(Piece("So"), then=RuntimeError("our fault")), Closing(outcome="cut", fault="failed")),
    ],
)
async def test_failure_ends_it_with_what_there_is(
    database: Database, caplog: pytest.LogCaptureFixture, source: Source, closing: Closing
) -> None:
    end = await written(database, source)
    assert end is not None
    assert end[1] == closing
    assert "Reply 7" in caplog.text


async def test_nothing_to_answer_ends_it(database: Database) -> None:
    database.failures["opened"] = [NotFoundError("gone")]
    assert await written(database, Source(DONE)) == ("", Closing(outcome="gone"))


async def test_reply_that_no_message_can_hold_is_cut(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draft, "LONGEST", 10)
    source = Source(*(Piece("four") for _ in range(9)), waits=True)
    assert await written(database, source) == ("fourfourfo", Closing(outcome="too_long"))
    assert source.is_left


@pytest.mark.parametrize(
    ("found", "outcome"),
    [
        (Beat(is_ours=True, is_stop_asked=True), "stopped"),
        (Beat(is_ours=False, is_stop_asked=False), "gone"),
    ],
)
async def test_heartbeat_finds_that_it_must_end(database: Database, found: Beat, outcome: Any) -> None:
    database.found = found
    database.failures["beat"] = [DatabaseError("away")]
    source = Source(Piece("So far"), waits=True)
    assert await written(database, source) == ("So far", Closing(outcome=outcome))
    assert source.is_left


async def test_reply_that_is_ended_before_it_begins_ends(database: Database) -> None:
    begun = Writer(7, desk=database, upstream=Source(Piece("x"), waits=True))
    begun.end("interrupted")
    begun.end("stopped")
    begun.repeat()
    async with asyncio.timeout(10):
        await begun.write()
    assert database.end == ("", Closing(outcome="interrupted"))


async def test_end_is_stored_when_the_database_is_back(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    database.failures["concluded"] = [DatabaseError("away"), InterfaceError("closed")]
    assert await written(database, Source(Piece("x"), DONE)) == ("x", Closing(outcome="complete"))
    assert caplog.text.count("cannot be stored now") == 2


async def test_database_that_stays_away_leaves_the_reply_to_be_found(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    database.failures["concluded"] = [DatabaseError("away") for _ in range(3)]
    assert await written(database, Source(Piece("x"), DONE)) is None
    assert database.failures["concluded"] == []


async def until(condition: Callable[[], bool]) -> None:
    if not condition():
        await asyncio.sleep(0.001)
        await until(condition)


async def test_everything_is_told_again_on_request_and_heartbeats_tell_the_cursor(
    database: Database, told: list[tuple[str, dict[str, Any]]]
) -> None:
    begun = Writer(7, desk=database, upstream=Source(Piece("Hello "), Piece("you"), waits=True))
    task = asyncio.create_task(begun.write())
    async with asyncio.timeout(10):
        await until(lambda: database.beats[-1:] == ["Hello you"] and told[-1][1]["text"] == "")
        assert told[-1] == ("token", {"reply": 7, "cursor": 9, "text": ""})
        told.clear()
        begun.repeat()
        assert [kind for kind, _ in told[:2]] == ["reply", "token"]
        assert told[1] == ("token", {"reply": 7, "cursor": 9, "text": "Hello you"})
        begun.end("stopped")
        await task
