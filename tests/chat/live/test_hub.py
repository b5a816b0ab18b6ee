"""The hub between a database that answers when the test says so and a bus that is spoken to directly."""

import asyncio
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from django.db import DatabaseError

from apps.backplane.bus import BusStatus
from apps.backplane.envelope import Envelope
from apps.backplane.local import LocalBus
from apps.chat.live import checks, greeting, publication, rooms
from apps.chat.live.answers import Answers
from apps.chat.live.connection import Connection
from apps.chat.live.desk import Desk
from apps.chat.live.frames import message_frame
from apps.chat.live.hub import Hub
from apps.chat.live.publication import ACCESS, EVENTS
from apps.chat.live.queries import Place, Standing
from apps.chat.live.requests import Request, RequestError
from apps.chat.live.room import Event, Page
from apps.chat.live.session import Identity
from apps.chat.live.socket import Socket
from apps.chat.policy import limits
from tests.tuning.obeying import obeying

ANN = Identity(user_id=1, name="ann")


class Database(Desk):
    """Answers what the test put in; before it answers, it does what the test wants to have happened meanwhile."""

    def __init__(self) -> None:
        self.number = 0
        self.events: list[Event] = []
        self.places = {1: [1, 2]}
        self.is_signed_in = True
        self.failures = 0
        self.meanwhile: list[Callable[[], object]] = []
        self.asked: list[str] = []

    async def ask(self, question: Callable[..., Any], *arguments: Any, **options: Any) -> Any:  # type: ignore[override]
        name = question.__name__
        self.asked.append(name)
        answer = getattr(self, name)(*arguments, **options)
        if self.meanwhile:
            self.meanwhile.pop(0)()
        await asyncio.sleep(0)
        if self.failures:
            self.failures -= 1
            raise DatabaseError("gone")
        return answer

    def commit(self, text: str = "hello") -> dict[str, Any]:
        """Return what would be published of a new message."""
        self.number += 1
        author = {"id": 2, "name": "bob"}
        message = {"id": self.number, "sequence": self.number, "author": author, "role": "user", "text": text}
        record = orjson.dumps({**message, "created_at": "2024-01-01T00:00:00Z", "deleted": False}).decode()
        self.events.append(Event(self.number, message_frame(1, self.number, record)))
        return {"conversation": 1, "sequence": self.number, "last_sequence": self.number, "message": record}

    def entrant(self, session_key: str) -> Any:
        return (ANN, self.listed(1)) if self.is_signed_in else None

    def standing(self, *, session_keys: Any, user_ids: Any, conversations: Any = None) -> Standing:
        sessions = {key: ANN for key in session_keys if self.is_signed_in}
        places = {
            user: [one for one in self.listed(user) if conversations is None or one.conversation in conversations]
            for user in user_ids
        }
        return Standing(asked=frozenset(session_keys), sessions=sessions, places=places)

    def page_for(self, user_id: int, conversation_id: int, after: int) -> Page | None:
        return self.page_after(conversation_id, after) if conversation_id in self.places[user_id] else None

    def page_after(self, conversation_id: int, after: int) -> Page:
        return Page(events=tuple(event for event in self.events if event.number > after), number=self.number)

    def last_events(self, conversations: list[int]) -> dict[int, int]:
        return dict.fromkeys(conversations, self.number)

    def listed(self, user: int) -> list[Place]:
        return [Place(conversation=one, last_event=self.number, last_sequence=self.number) for one in self.places[user]]


class Bus(LocalBus):
    """A bus whose state the test sets."""

    is_connected = True

    def status(self) -> BusStatus:
        counts = dict.fromkeys(("published", "delivered", "dropped", "losses"), 0)
        return BusStatus(origin="me", is_shared=True, is_connected=self.is_connected, peers=(), **counts)


class Stage:
    """A hub, its database, its clock, and what came out of it."""

    def __init__(self) -> None:
        self.now = 100.0
        self.database, self.bus = Database(), Bus()
        self.hub = Hub(self.bus, desk=self.database, clock=lambda: self.now)

    def hears(self, topic: str, payload: dict[str, Any], origin: str = "other") -> None:
        self.hub.hearing.topics[topic](Envelope(topic, origin, 0, 1, payload))

    def rights_change(self, conversation: int | None = None) -> None:
        self.hears(ACCESS, {"user": 1, "conversation": conversation})

    async def entered(self) -> Connection:
        connection = await self.hub.enter("key")
        assert connection is not None
        return connection

    async def following(self, after: int | None = 0) -> Connection:
        connection = await self.entered()
        await self.hub.subscribe(connection, 1, after=after)
        return connection

    async def idle(self) -> None:
        """Let all that is under way come to its end."""
        for _ in range(50):
            await asyncio.sleep(0)


def sent(connection: Connection, kind: str = "message") -> list[dict[str, Any]]:
    """Return what waits to be sent, of a type."""
    frames = [orjson.loads(frame.text) for frame, _ in connection.outbox._queue]
    return [frame for frame in frames if frame["type"] == kind]


def numbers(connection: Connection) -> list[int]:
    return [event["sequence"] for event in sent(connection)]


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    for module, name in ((rooms, "GAP_SECONDS"), (rooms, "RETRY_SECONDS"), (checks, "RETRY_SECONDS")):
        monkeypatch.setattr(module, name, 0)
    return Stage()


async def test_reads_again_when_rights_change_between_question_and_answer(stage: Stage) -> None:
    connection = await stage.entered()
    stage.database.meanwhile = [stage.rights_change]
    await stage.hub.subscribe(connection, 1, after=0)
    assert stage.database.asked.count("page_for") == 2
    stage.hears(EVENTS, stage.database.commit())
    await stage.idle()
    assert numbers(connection) == [1]


async def test_takes_away_what_ended_between_question_and_answer(stage: Stage) -> None:
    connection = await stage.entered()

    def removed() -> None:
        stage.database.places[1] = [2]
        stage.rights_change(1)

    stage.database.meanwhile = [removed]
    with pytest.raises(RequestError, match="no such conversation"):
        await stage.hub.subscribe(connection, 1, after=0)
    assert connection.subscriptions == set()


async def test_gives_up_on_a_socket_whose_rights_change_again_and_again(stage: Stage) -> None:
    connection = await stage.entered()
    stage.database.meanwhile = [stage.rights_change] * 50
    with pytest.raises(RequestError, match="Try again"):
        await stage.hub.subscribe(connection, 1, after=0)
    assert connection.subscriptions == set()


async def test_checks_whoever_entered_while_rights_changed(stage: Stage) -> None:
    def removed() -> None:
        stage.database.places[1] = [2]
        stage.rights_change(1)

    stage.database.meanwhile = [removed]
    connection = await stage.entered()
    await stage.idle()
    assert stage.hub.audience.people[1].conversations == {2}
    assert sent(connection, "conversation")[-1]["change"] == "left"


async def test_sends_nothing_while_it_asks_and_everything_afterwards(stage: Stage) -> None:
    connection = await stage.following()
    stage.rights_change(1)
    stage.hears(EVENTS, stage.database.commit())
    assert numbers(connection) == []
    await stage.idle()
    assert numbers(connection) == [1]


async def test_lists_learn_after_the_check_what_they_missed_during_it(stage: Stage) -> None:
    connection = await stage.entered()
    stage.rights_change()
    stage.hears(EVENTS, stage.database.commit())
    assert sent(connection, "conversation") == []
    await stage.idle()
    assert [event["change"] for event in sent(connection, "conversation")] == ["message"]


async def test_sends_nothing_while_the_database_cannot_say_and_goes_on_when_it_can(stage: Stage, caplog: Any) -> None:
    connection = await stage.following()
    stage.database.failures = 2
    stage.rights_change()
    stage.hears(EVENTS, stage.database.commit())
    await stage.idle()
    assert "cannot be checked" in caplog.text
    await stage.idle()
    assert numbers(connection) == [1]


async def test_rights_that_change_during_the_check_are_checked_again(stage: Stage) -> None:
    connection = await stage.following()
    stage.database.asked.clear()

    def signed_out() -> None:
        stage.database.is_signed_in = False
        stage.rights_change()

    stage.database.meanwhile = [signed_out]
    stage.rights_change()
    await stage.idle()
    assert stage.database.asked == ["standing", "standing"]
    assert connection.ending == (4401, "The session is over.")


async def test_request_waits_for_the_check(stage: Stage) -> None:
    connection = await stage.entered()
    stage.rights_change()
    answers = Answers(stage.hub)
    await answers.answer(connection, Request(kind="subscribe", conversation=1))
    assert stage.database.asked[-3:] == ["standing", "last_events", "page_for"]
    answers.stop()


async def test_database_that_fails_is_told_to_whoever_asked(stage: Stage) -> None:
    connection = await stage.entered()
    stage.database.failures = 1
    answers = Answers(stage.hub)
    with pytest.raises(RequestError, match="does not answer") as refused:
        await answers.answer(connection, Request(kind="subscribe", conversation=1))
    assert refused.value.code == "unavailable"
    answers.stop()


async def test_message_too_many_is_refused_by_its_code(stage: Stage) -> None:
    connection = await stage.following()
    answers = Answers(stage.hub)
    with obeying(limits, messages_per_minute=0), pytest.raises(RequestError, match="messages a minute") as refused:
        await answers.answer(connection, Request(kind="message", conversation=1, text="hello"))
    assert refused.value.code == "rate"
    answers.stop()


async def test_gap_is_filled_from_the_database(stage: Stage) -> None:
    connection = await stage.following()
    stage.database.commit()
    stage.hears(EVENTS, stage.database.commit())
    await stage.idle()
    assert numbers(connection) == [1, 2]
    assert stage.hub.status().reads == 1


async def test_gap_the_database_cannot_fill_now_is_filled_after_the_next_poll(stage: Stage, caplog: Any) -> None:
    connection = await stage.following()
    stage.database.failures = 1
    stage.database.commit()
    stage.hub.rooms.notice(1, 1)
    await stage.idle()
    assert "cannot be brought up to date" in caplog.text
    stage.hub.tick()
    await stage.idle()
    assert numbers(connection) == [1]


async def test_poll_finds_what_nobody_told(stage: Stage) -> None:
    connection = await stage.following()
    stage.hub.tick()
    await stage.idle()
    stage.database.commit()
    stage.now += 4.9
    stage.hub.tick()
    await stage.idle()
    assert numbers(connection) == []
    stage.now += 0.1
    stage.hub.tick()
    await stage.idle()
    assert numbers(connection) == [1]


async def test_poll_that_fails_says_so_once_and_looks_at_everything_the_next_time(stage: Stage, caplog: Any) -> None:
    connection = await stage.entered()
    for _ in range(2):
        stage.database.failures = 1
        stage.now += 5
        stage.hub.tick()
        await stage.idle()
    assert caplog.text.count("cannot be looked after") == 1
    stage.database.commit()
    stage.now += 5
    stage.hub.tick()
    await stage.idle()
    assert [event["last_sequence"] for event in sent(connection, "conversation")] == [1, 1]


async def test_loss_of_the_bus_is_made_good_at_the_next_tick(stage: Stage) -> None:
    connection = await stage.following()
    stage.hub.tick()
    await stage.idle()
    stage.database.commit()
    stage.hub.lost()
    stage.hub.tick()
    await stage.idle()
    assert numbers(connection) == [1]


async def test_degraded_state_is_told_to_those_who_come_and_to_those_who_are_there(stage: Stage) -> None:
    here = await stage.entered()
    stage.bus.is_connected = False
    stage.hub.tick()
    late = await stage.entered()
    stage.bus.is_connected = True
    stage.hub.tick()
    for connection in (here, late):
        assert len(sent(connection, "degraded")) == len(sent(connection, "restored")) == 1
    assert not stage.hub.status().is_degraded


async def test_session_that_was_just_signed_out_does_not_come_in_again(stage: Stage) -> None:
    connection = await stage.entered()
    stage.hears(ACCESS, {"session": connection.digest})
    assert connection.ending == (4401, "You are signed out.")
    assert await stage.hub.enter("key") is None
    stage.now += 61
    stage.hub.tick()
    assert await stage.hub.enter("key") is not None


async def test_subscribing_again_begins_where_it_says(stage: Stage) -> None:
    connection = await stage.following()
    for _ in range(3):
        stage.hears(EVENTS, stage.database.commit())
    await stage.hub.subscribe(connection, 1, after=1)
    assert numbers(connection) == [1, 2, 3, 2, 3]
    assert stage.hub.status().subscriptions == 1


class Echo:
    """Repeats to whoever comes what was said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def heard(self, conversation: int, kind: str, fields: dict[str, Any]) -> bool:
        self.said.append(f"{kind} {fields['text']} in {conversation}")
        return fields["text"] != "secret"

    def greetings(self, conversation: int) -> list[tuple[str, dict[str, Any]]]:
        return [("token", {"text": ", ".join(self.said)})]


async def test_part_that_hears_what_is_not_kept_greets_whoever_comes_later(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publication, "_publish", stage.hears)
    end = greeting.greet_with(Echo())
    publication.publish_live(1, "token", {"text": "early"})
    connection = await stage.following()
    for text in ("secret", "late"):
        publication.publish_live(1, "token", {"text": text})
    end()
    assert [event["text"] for event in sent(connection, "token")] == ["token early in 1", "late"]
    await stage.hub.subscribe(connection, 1, after=None)
    assert len(sent(connection, "token")) == 2


async def test_event_that_is_not_kept_goes_to_all_but_the_one(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = await stage.following()
    monkeypatch.setattr(publication, "_publish", stage.hears)
    publication.publish_live(1, "token", {"text": "a"})
    publication.publish_live(1, "token", {"text": "b"}, except_user=1)
    publication.publish_live(2, "token", {"text": "c"})
    assert [event["text"] for event in sent(connection, "token")] == ["a"]


async def test_socket_left_without_a_database_is_told_to_come_back(stage: Stage) -> None:
    stage.database.failures = 1
    assert await spoken(stage) == [{"type": "websocket.accept"}, closed(1013, "The database does not answer.")]


async def test_fault_of_ours_ends_the_socket_with_a_word_and_is_logged(stage: Stage, caplog: Any) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("our fault")

    stage.hub.acknowledge = broken  # type: ignore[method-assign]
    assert (await spoken(stage, '{"type": "ping"}'))[-1] == closed(1011, "The server failed.")
    assert "our fault" in caplog.text


def closed(code: int, reason: str) -> dict[str, Any]:
    return {"type": "websocket.close", "code": code, "reason": reason}


async def spoken(stage: Stage, *texts: str) -> list[dict[str, Any]]:
    """Return what a socket is sent when it says these and then nothing more."""
    heard: list[dict[str, Any]] = []
    said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    said.put_nowait({"type": "websocket.connect"})
    for text in texts:
        said.put_nowait({"type": "websocket.receive", "text": text})

    async def send(message: Any) -> None:
        heard.append(message)

    answers = Answers(stage.hub)
    async with asyncio.timeout(5):
        await Socket(stage.hub, answers)({"type": "websocket", "headers": []}, said.get, send)
    answers.stop()
    return heard
