"""The room against a bus that loses, doubles and reorders, and a database that is asked at any moment."""

from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule

from apps.chat.live import room as room_module
from apps.chat.live.frames import Frame
from apps.chat.live.room import Decision, Delivery, Event, Page, Reset, Room

PAGE_MAX = 6
GUESTS = st.sampled_from("abc")


def event(number: int, message: int = 0) -> Event:
    return Event(number, Frame(f"{message or number}", 1))


class Database:
    """Messages and the number of their last change; commits are numbered."""

    def __init__(self) -> None:
        self.number = 0
        self.messages: dict[int, int] = {}

    def commit(self, message: int | None) -> Event:
        self.number += 1
        changed = message or self.number
        self.messages[changed] = self.number
        return event(self.number, changed)

    def page(self, after: int) -> Page:
        newer = sorted((number, message) for message, number in self.messages.items() if number > after)
        if len(newer) > PAGE_MAX:
            return Page(events=(), number=self.number, is_whole=False)
        return Page(events=tuple(event(number, message) for number, message in newer), number=self.number)


@dataclass
class Client:
    """What a browser knows: the last number it saw, and each message's last change."""

    seen: int = 0
    messages: dict[int, int] = field(default_factory=dict)

    def take(self, number: int, message: int) -> None:
        assert number > self.seen
        self.seen, self.messages[message] = number, number

    def reload(self, number: int, database: Database) -> None:
        assert number >= self.seen
        self.seen, self.messages = number, dict(database.messages)


class Rooms(RuleBasedStateMachine):
    """Anything that can happen, in any order."""

    published = Bundle("published")
    read = Bundle("read")

    @initialize()
    def begin(self) -> None:
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(room_module, "PENDING_MAX_EVENTS", 5)
        self.patch.setattr(room_module, "AHEAD_MAX_EVENTS", 4)
        self.database, self.room = Database(), Room[str]()
        self.clients: dict[str, Client] = {}
        self.tickets: dict[str, int] = {}
        self.ticket = 0

    @rule(target=published, edits=st.integers(0, 8))
    def commit(self, edits: int) -> Event:
        return self.database.commit(edits if edits in self.database.messages else None)

    @rule(edits=st.integers(0, 8))
    def commit_and_hear(self, edits: int) -> None:
        self.carry_out(self.room.offer(self.commit(edits)))

    @rule(edits=st.integers(0, 8))
    def commit_and_lose(self, edits: int) -> None:
        self.commit(edits)

    @rule(change=published)
    def hear(self, change: Event) -> None:
        self.carry_out(self.room.offer(change))

    @rule()
    def poll(self) -> None:
        self.room.notice(self.database.number)

    @rule(guest=GUESTS, forgets=st.integers(0, 3))
    def join(self, guest: str, forgets: int) -> None:
        client = self.clients.setdefault(guest, Client())
        if forgets == 0:  # another browser, with an empty page or one that is old
            self.clients[guest] = client = Client()
        elif forgets == 2:  # one that comes from another process, where it heard all
            client.reload(self.database.number, self.database)
        self.ticket += 1
        self.tickets[guest] = self.ticket
        self.room.join(guest, after=client.seen)

    @rule(guest=GUESTS)
    def arrive(self, guest: str) -> None:
        self.join(guest, forgets=1)
        self.finish(guest)

    @rule(target=read, guest=GUESTS)
    def read_for_guest(self, guest: str) -> object:
        if not self.room.is_waiting(guest):
            self.join(guest, forgets=1)
        return guest, self.tickets[guest], self.database.page(self.room.reads_after(guest))

    @rule(target=read)
    def read_for_room(self) -> object:
        if self.room.known is None:
            return multiple()
        return "", self.room, self.database.page(self.room.known)

    @rule(answer=consumes(read))
    def answered(self, answer: tuple[str, object, Page]) -> None:
        guest, ticket, page = answer
        if not guest:
            if ticket is self.room:
                self.carry_out(self.room.read(page))
        elif self.room.is_waiting(guest) and self.tickets[guest] == ticket:
            self.carry_out(self.room.admit(guest, page))

    @rule(guest=GUESTS)
    def leave(self, guest: str) -> None:
        self.room.leave(guest)
        if self.room.is_empty:
            self.room = Room()

    @rule(guest=GUESTS)
    def hold(self, guest: str) -> None:
        self.room.hold(guest)

    @rule(guest=GUESTS)
    def release(self, guest: str) -> None:
        self.carry_out(self.room.release(guest))

    @invariant()
    def open_guests_know_everything_up_to_the_rooms_number(self) -> None:
        if not hasattr(self, "room"):
            return
        for guest in self.room.open_guests:
            known = self.room.known or 0
            assert self.clients[guest].seen <= known
            settled = {message: number for message, number in self.database.messages.items() if number <= known}
            assert settled.items() <= self.clients[guest].messages.items()

    def teardown(self) -> None:
        if not hasattr(self, "room"):
            return
        for guest in self.clients:
            self.finish(guest)
            self.carry_out(self.room.release(guest))
        self.room.notice(self.database.number)
        while self.room.is_behind:
            self.carry_out(self.room.read(self.database.page(self.room.known or 0)))
        for guest in self.room.open_guests:
            assert self.clients[guest].messages == self.database.messages
        self.patch.undo()

    def finish(self, guest: str) -> None:
        while self.room.is_waiting(guest):
            self.carry_out(self.room.admit(guest, self.database.page(self.room.reads_after(guest))))

    def carry_out(self, decisions: list[Decision[str]]) -> None:
        for decision in decisions:
            for guest in decision.to:
                if isinstance(decision, Reset):
                    self.clients[guest].reload(decision.number, self.database)
                    continue
                for number, shown in decision.events:
                    self.clients[guest].take(number, int(shown.text))


TestRooms = Rooms.TestCase
TestRooms.settings = settings(
    max_examples=300, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)


def seated(*guests: str, number: int = 0) -> Room[str]:
    room = Room[str]()
    for guest in guests:
        room.join(guest, after=number)
        room.admit(guest, Page(events=(), number=number))
    return room


def test_passes_a_change_on_to_everybody_and_skips_it_the_second_time() -> None:
    room = seated("a", "b")
    assert room.offer(event(1)) == [Delivery((event(1),), ("a", "b"))]
    assert room.offer(event(1)) == []


def test_waits_with_what_came_before_its_predecessor() -> None:
    room = seated("a")
    assert room.offer(event(2)) == []
    assert room.is_behind
    assert room.offer(event(1)) == [Delivery((event(1), event(2)), ("a",))]
    assert not room.is_behind


def test_fills_a_gap_from_the_database_and_goes_on_with_what_waited() -> None:
    room = seated("a")
    room.offer(event(4))
    decisions = room.read(Page(events=(event(1), event(3, 2)), number=3))
    assert decisions == [Delivery((event(1), event(3, 2)), ("a",)), Delivery((event(4),), ("a",))]


def test_held_guest_gets_what_came_meanwhile_when_released() -> None:
    room = seated("a", "b")
    room.hold("a")
    assert room.offer(event(1)) == [Delivery((event(1),), ("b",))]
    assert room.release("a") == [Delivery((event(1),), ("a",))]


def test_held_guest_who_leaves_gets_nothing() -> None:
    room = seated("a")
    room.hold("a")
    room.offer(event(1))
    room.leave("a")
    assert room.release("a") == []
    assert room.is_empty


def test_guest_who_knows_more_than_the_database_begins_anew() -> None:
    room = Room[str]()
    room.join("a", after=9)
    assert room.admit("a", Page(events=(), number=4)) == [Reset(4, ("a",))]


def test_guest_who_comes_from_elsewhere_is_not_sent_back_by_a_room_that_missed_too_much() -> None:
    room = seated("a")
    room.join("b", after=7)
    decisions = room.admit("b", Page(events=(), number=8, is_whole=False))
    assert decisions == [Reset(8, ("a",)), Reset(8, ("b",))]
    assert not room.is_behind


def test_too_much_at_once_begins_anew_for_everybody() -> None:
    room = seated("a", "b")
    room.hold("b")
    room.notice(900)
    assert room.read(Page(events=(), number=900, is_whole=False)) == [Reset(900, ("a",))]
    assert room.release("b") == [Reset(900, ("b",))]
