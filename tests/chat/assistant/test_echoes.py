"""What a process knows of replies that another writes, however much of it gets lost on the way."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.chat.assistant.draft import Draft
from apps.chat.assistant.echoes import ASK_SECONDS, SILENCE_SECONDS, Echoes

WHERE, REPLY = 1, 7
RECORD = {"id": REPLY, "state": "writing"}


class Stage:
    """Echoes with a clock, and what they asked to be told again."""

    def __init__(self) -> None:
        self.now = 100.0
        self.asked: list[int] = []
        self.echoes = Echoes(tell=self.asked.append, clock=lambda: self.now)

    def begins(self) -> None:
        self.echoes.heard(WHERE, "reply", {"reply": RECORD})

    def token(self, text: str, cursor: int, reply: int = REPLY) -> bool:
        return self.echoes.heard(WHERE, "token", {"reply": reply, "cursor": cursor, "text": text})

    def told(self) -> str | None:
        greeting = dict(self.echoes.greetings(WHERE))
        return greeting["token"]["text"] if greeting else None


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_late_joiner_is_told_the_reply_and_all_words_so_far(stage: Stage) -> None:
    stage.begins()
    assert stage.told() == ""
    stage.token("Hello ", 6)
    stage.token("😀", 8)
    stage.token("", 8)
    assert stage.echoes.greetings(WHERE) == [
        ("reply", {"reply": RECORD}),
        ("token", {"reply": REPLY, "cursor": 8, "text": "Hello 😀"}),
    ]
    assert stage.echoes.greetings(2) == []
    assert stage.asked == []


def test_process_that_came_late_has_it_told_again_and_says_nothing_until_then(stage: Stage) -> None:
    assert not stage.token("lo", 5)
    assert stage.told() is None
    assert stage.asked == [REPLY]
    stage.now += ASK_SECONDS
    stage.token(" you", 9)
    assert stage.asked == [REPLY, REPLY]
    stage.begins()
    assert stage.token("Hello you", 9)
    assert stage.told() == "Hello you"


def test_ended_reply_is_forgotten_and_another_begins_anew(stage: Stage) -> None:
    stage.begins()
    stage.token("Hello", 5)
    stage.echoes.heard(WHERE, "reply", {"reply": {"id": 6, "state": "ended"}})
    assert stage.told() == "Hello"
    stage.echoes.heard(WHERE, "reply", {"reply": {"id": REPLY, "state": "ended"}})
    assert stage.told() is None
    stage.echoes.heard(WHERE, "typing", {"user": 1})
    stage.echoes.heard(WHERE, "reply", {"reply": {"id": 8, "state": "writing"}})
    stage.token("Bye", 3, reply=8)
    assert stage.told() == "Bye"


def test_writer_that_was_taken_for_dead_is_not_heard_beside_the_next_reply(stage: Stage) -> None:
    stage.begins()
    stage.echoes.heard(WHERE, "reply", {"reply": {"id": REPLY, "state": "ended"}})
    stage.echoes.heard(WHERE, "reply", {"reply": {"id": 8, "state": "writing"}})
    assert stage.token("Bye", 3, reply=8)
    assert not stage.token("Hello", 5)
    assert not stage.echoes.heard(WHERE, "reply", {"reply": RECORD})
    assert stage.echoes.heard(WHERE, "reply", {"reply": {"id": REPLY, "state": "ended"}})
    assert stage.told() == "Bye"
    assert stage.asked == []


def test_reply_whose_writer_fell_silent_is_forgotten(stage: Stage) -> None:
    stage.begins()
    stage.now += SILENCE_SECONDS
    stage.echoes.expire()
    assert stage.told() == ""
    stage.now += 1
    stage.echoes.expire()
    assert stage.told() is None


steps = st.lists(st.tuples(st.text(max_size=4), st.sampled_from(["heard", "lost", "twice"])), max_size=25)


@given(steps)
def test_whatever_is_lost_or_doubled_nothing_wrong_is_told_and_all_of_it_after_a_repetition(
    steps: list[tuple[str, Any]],
) -> None:
    stage, draft = Stage(), Draft()
    stage.begins()
    for text, fate in steps:
        draft.add(text)
        news, cursor = draft.news()
        for _ in range({"heard": 1, "lost": 0, "twice": 2}[fate]):
            stage.token(news, cursor)
        told = stage.told()
        assert told is None or draft.text.startswith(told)
        if told is None:
            stage.token(*draft.told())
            assert stage.told() == draft.text
    stage.token("", draft.cursor)
    assert stage.told() in {draft.text, None}
