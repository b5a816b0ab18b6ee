"""Over any sequence of sign-ins, sign-outs and changes of rights: nobody is served what is not theirs, or no longer."""

import itertools
import json
import time
from contextlib import closing
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from apps.caching import finding, namespace
from apps.caching.current import store
from apps.caching.http.plan import route_of
from apps.chat.families import ACCESS, LISTS, MEMBERS
from apps.chat.models import User
from apps.chat.policy import HISTORY, READABLE
from apps.chat.services.conversations import create_conversation
from apps.chat.services.history import mark_read
from apps.chat.services.members import add_member, remove_member
from apps.chat.services.messages import send_message
from perfsite.edge.hits import Hits
from tests.caching.http.reader import Reader

numbers = itertools.count()
PEOPLE, ROOMS = 3, 2
people, rooms = st.integers(0, PEOPLE - 1), st.integers(0, ROOMS - 1)


class Clock:
    """Time as the cache has it, which tests may let pass."""

    offset = 0.0

    def __call__(self) -> float:
        """Return seconds."""
        return time.monotonic() + self.offset


clock = Clock()


class Site(RuleBasedStateMachine):
    """A model of who may see what, beside the real thing. Person 0 owns the rooms, and never leaves."""

    sessions = Bundle("sessions")

    @initialize(target=sessions)
    def begin(self) -> Any:
        """People and rooms of this example alone, all signed in; each room has a word that is said nowhere else."""
        self.hits, self.served = Hits(), 0
        self.users = [User.objects.create_user(f"u{next(numbers)}", password="x") for _ in range(PEOPLE)]
        self.active = [True] * PEOPLE
        self.rooms: list[int] = []
        self.words: list[list[str]] = []
        self.members: list[set[int]] = [{0} for _ in range(ROOMS)]
        self.live: dict[int, int] = {}
        self.readers: list[Reader] = []
        for number in range(ROOMS):
            made = create_conversation(user_id=self.users[0].pk, title=f"room {next(numbers)}")
            self.rooms.append(made.id)
            self.words.append([])
            self.say(number)
        return multiple(*map(self.sign_in, range(PEOPLE)))

    @rule(target=sessions, who=people)
    def sign_in(self, who: int) -> int:
        self.readers.append(Reader(self.hits, self.users[who]))
        self.live[len(self.readers) - 1] = who
        return len(self.readers) - 1

    @rule(session=consumes(sessions))
    def sign_out(self, session: int) -> None:
        reader = self.readers[session]
        key = reader.client.cookies["sessionid"].value if "sessionid" in reader.client.cookies else ""
        reader.client.logout()
        reader.client.cookies["sessionid"] = key
        self.live.pop(session, None)

    @rule(who=people)
    def change_password(self, who: int) -> None:
        user = User.objects.get(pk=self.users[who].pk)
        user.set_password(f"x{next(numbers)}")
        user.save()
        self.users[who] = user
        self.live = {session: one for session, one in self.live.items() if one != who}

    @rule(who=people, is_active=st.booleans(), by_row=st.booleans())
    def activate(self, who: int, is_active: bool, by_row: bool) -> None:
        if by_row:
            User.objects.filter(pk=self.users[who].pk).update(is_active=is_active)
        else:
            self.users[who].is_active = is_active
            self.users[who].save(update_fields=["is_active"])
        self.active[who] = is_active

    @rule(who=st.integers(1, PEOPLE - 1), room=rooms)
    def join_or_leave(self, who: int, room: int) -> None:
        if who in self.members[room]:
            remove_member(user_id=self.users[0].pk, conversation_id=self.rooms[room], member_id=self.users[who].pk)
            self.members[room].discard(who)
        elif self.active[who]:
            add_member(user_id=self.users[0].pk, conversation_id=self.rooms[room], username=self.users[who].username)
            self.members[room].add(who)

    @rule(room=rooms)
    def say(self, room: int) -> None:
        word = f"word{next(numbers)}end"
        send_message(user_id=self.users[0].pk, conversation_id=self.rooms[room], text=word)
        self.words[room].append(word)

    @rule(who=people, room=rooms)
    def read_to_the_end(self, who: int, room: int) -> None:
        if who in self.members[room]:
            mark_read(user_id=self.users[who].pk, conversation_id=self.rooms[room], sequence=10_000)

    @rule(who=st.integers(1, PEOPLE - 1), room=rooms)
    def leave_elsewhere(self, who: int, room: int) -> None:
        """Another process takes somebody out, and nothing is heard of it: for as long as copies may go unlooked at."""
        user = self.users[who].pk
        with transaction.atomic():
            lease = store().hold([ACCESS.of(user), LISTS.of(user), MEMBERS.of(self.rooms[room])], connection)
            with closing(connection.connection.cursor()) as driver:
                driver.execute(
                    f"DELETE FROM chat_membership WHERE user_id = {user} AND conversation_id = {self.rooms[room]}"
                )
        store().release(lease)
        self.members[room].discard(who)
        self.let_time_pass()

    @rule()
    def let_time_pass(self) -> None:
        """Longer than any copy may go without its stamps being looked at."""
        clock.offset += 5.0

    @rule()
    def lose_memory(self) -> None:
        """What is the same for many is in the shared store only."""
        store().tend()
        HISTORY.shelf.clear()
        READABLE.shelf.clear()

    @rule(session=sessions, room=rooms, query=st.sampled_from(["", "?limit=50", "?limit=2", "?limit=2&other=1"]))
    def read(self, session: int, room: int, query: str) -> None:
        self.check_history(session, room, query)
        self.check_list(session)

    @invariant()
    def everybody_sees_what_is_theirs(self) -> None:
        for session in range(len(getattr(self, "readers", []))):
            self.check_history(session, 0)
            self.check_list(session)

    def who(self, session: int) -> int | None:
        """Return who the session is, None where it is over."""
        found = self.live.get(session)
        return found if found is not None and self.active[found] else None

    def check_history(self, session: int, room: int, query: str = "") -> None:
        answer = self.got(session, f"/api/conversations/{self.rooms[room]}/messages{query}")
        who = self.who(session)
        if who is None or who not in self.members[room]:
            assert answer.status == (401 if who is None else 404)
            return
        texts = [message["text"] for message in json.loads(answer.body)["messages"]]
        assert texts == self.words[room][-2 if "limit=2" in query else -50 :]

    def check_list(self, session: int) -> None:
        answer, who = self.got(session, "/api/conversations"), self.who(session)
        if who is None:
            assert answer.status == 401
            return
        shown = {one["id"]: one for one in json.loads(answer.body)["results"]}
        assert shown.keys() == {self.rooms[room] for room in range(ROOMS) if who in self.members[room]}
        for room, identity in enumerate(self.rooms):
            if identity in shown:
                assert shown[identity]["preview"] == self.words[room][-1]
                assert shown[identity]["role"] == ("owner" if who == 0 else "member")
                assert shown[identity]["last_sequence"] == len(self.words[room])

    def got(self, session: int, path: str) -> Any:
        answer = self.readers[session].get(path)
        self.served += answer.is_hit
        return answer


def test_nobody_is_ever_served_anothers_data(tended: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (namespace, finding):
        monkeypatch.setattr(module, "_clock", clock)
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Site,
        settings=settings(
            max_examples=12,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
    for path in ("/api/conversations", "/api/conversations/1/messages"):
        route = route_of(path)
        assert route is not None
        assert route.tally.hits > 0
        assert route.tally.confirmed > 0
