"""Who may watch, when rights change or the database is away."""

from typing import Any

import pytest
from django.db import DatabaseError

from apps.chat.live.session import Identity
from apps.monitoring.live.limits import FORBIDDEN, SIGNED_OUT, UNAVAILABLE
from apps.monitoring.live.staff import Staff, Standing
from apps.monitoring.live.watcher import Watcher
from tests.monitoring.live.said import envelope

ANN = Identity(user_id=1, name="ann")


class Database:
    """A desk whose answers are given: what it is asked it also tells."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.before = lambda: None

    async def ask(self, _question: Any, _keys: Any) -> Standing:
        self.before()
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return Standing(answer)


def watcher(key: str, user_id: int) -> Watcher:
    return Watcher(session_key=key, user_id=user_id, now=0.0, snapshot=lambda _: "")


def staff(database: Database, *who: Watcher) -> Staff:
    return Staff(database, lambda: who)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("found", "answer"),
    [
        ({}, (SIGNED_OUT, "Sign in first.")),
        ({"k": (ANN, False)}, (FORBIDDEN, "For staff only.")),
        ({"k": (ANN, True)}, ANN),
    ],
)
async def test_a_session_is_let_in_if_it_is_staffs(found: Any, answer: Any) -> None:
    assert await staff(Database(found)).admitted("k") == answer


async def test_rights_that_change_while_the_database_is_asked_are_asked_again() -> None:
    database = Database({"k": (ANN, True)}, {"k": (ANN, False)})
    asked = staff(database)
    changes = iter([1])
    database.before = lambda: next(changes, 0) and asked.hear(envelope({"user": 1, "conversation": None}))  # type: ignore[assignment,return-value]
    assert await asked.admitted("k") == (FORBIDDEN, "For staff only.")


async def test_the_check_ends_those_who_may_no_longer_watch() -> None:
    good, gone, other, demoted = (watcher(key, number) for number, key in enumerate("abcd", start=1))
    people = {key: Identity(user_id=number, name=key) for number, key in enumerate("abcd", start=1)}
    found = {"a": (people["a"], True), "c": (people["a"], True), "d": (people["d"], False)}
    await staff(Database(found), good, gone, other, demoted).check()
    endings = [one.ended.result()[0] if one.ended.done() else None for one in (good, gone, other, demoted)]
    assert endings == [None, SIGNED_OUT, SIGNED_OUT, FORBIDDEN]


async def test_without_the_database_staff_watch_on_until_rights_change(caplog: pytest.LogCaptureFixture) -> None:
    who = watcher("a", 1)
    asked = staff(Database(DatabaseError("away")), who)
    await asked.check()
    assert not who.ended.done()
    await asked.check(is_urgent=True)
    assert who.ended.result()[0] == UNAVAILABLE
    assert "cannot be looked after" in caplog.text
    await staff(Database(DatabaseError("away"))).check()


async def test_a_sign_out_ends_its_own_sockets_at_once() -> None:
    one, other = watcher("a", 1), watcher("b", 1)
    asked = staff(Database({}), one, other)
    assert not asked.hear(envelope({"session": one.digest}))
    assert one.ended.result() == (SIGNED_OUT, "You are signed out.")
    assert not other.ended.done()
    assert asked.hear(envelope({"user": 1, "conversation": None}))
    assert not asked.hear(envelope({"user": 1, "conversation": 7}))
    assert not asked.hear(envelope({"user": 2, "conversation": None}))
