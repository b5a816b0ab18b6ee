"""Equal prompts share one call to the endpoint; what differs in anything does not."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from apps.chat.assistant.shared import Shared, decoded, encoded, key_of
from apps.chat.assistant.upstream import Line, Piece, Question, UpstreamError, Usage
from apps.chat.policy import REPLIES
from apps.deduplication.flights.current import stop_table
from tests.chat.assistant.questions import question
from tests.tuning.obeying import obeying

USAGE = Usage(prompt_tokens=7, reply_tokens=3)
ANSWER = [Piece("So "), Piece("be it"), Piece(ending="complete"), Piece(usage=USAGE)]


class Source:
    """Counts who asks; answers when it is let."""

    def __init__(self) -> None:
        self.asked: list[Question] = []
        self.is_asked, self.may_answer = asyncio.Event(), asyncio.Event()
        self.then: Exception | None = None

    async def prepare(self) -> None:
        """Nothing to load."""

    async def answer(self, asked: Question) -> AsyncGenerator[Piece, None]:
        self.asked.append(asked)
        self.is_asked.set()
        yield ANSWER[0]
        await self.may_answer.wait()
        if self.then:
            raise self.then
        for piece in ANSWER[1:]:
            yield piece

    async def close(self) -> None:
        """Nothing to let go of."""


@pytest.fixture
async def source() -> AsyncIterator[Source]:
    yield Source()
    stop_table()


async def heard(source: Source, asked: Question) -> list[Piece]:
    return [piece async for piece in Shared(source).answer(asked)]


async def together(source: Source, *asked: Question) -> list[Any]:
    """Ask all, and let the source answer when as many calls as ever will have come."""
    tasks = [asyncio.create_task(heard(source, one)) for one in asked]
    for _ in range(20):
        await asyncio.sleep(0)
    source.may_answer.set()
    return await asyncio.gather(*tasks, return_exceptions=True)


async def test_equal_prompts_of_two_conversations_are_one_call_and_both_hear_all_of_it(source: Source) -> None:
    mine, yours = question(conversation=1, asked_by=1), question(conversation=2, asked_by=2, before=7)
    answers = await together(source, mine, yours)
    assert len(source.asked) == 1
    assert ["".join(piece.text for piece in answer) for answer in answers] == ["So be it", "So be it"]
    assert [answer[-2].ending for answer in answers] == ["complete", "complete"]


async def test_what_it_cost_is_counted_once(source: Source) -> None:
    answers = await together(source, question(), question(conversation=2))
    assert sorted(str(answer[-1].usage) for answer in answers) == ["None", str(USAGE)]


@pytest.mark.parametrize(
    "fields",
    [
        {"model": "other"},
        {"temperature": 0.6},
        {"reply_tokens": 51},
        {"lines": (Line("system", "Be long"), Line("user", "How are you?"))},
        {"lines": (Line("user", "Be brief"), Line("user", "How are you?"))},
        {"is_anew": True},
    ],
)
async def test_what_differs_in_anything_is_asked_for_itself(source: Source, fields: dict[str, Any]) -> None:
    await together(source, question(), question(**fields))
    assert len(source.asked) == 2


async def test_two_who_both_want_it_anew_each_get_their_own(source: Source) -> None:
    await together(source, question(is_anew=True), question(is_anew=True))
    assert len(source.asked) == 2


async def test_staff_can_turn_sharing_off(source: Source) -> None:
    with obeying(REPLIES.policy, is_enabled=False):
        await together(source, question(), question())
    assert len(source.asked) == 2


async def test_a_failure_is_everybodys_by_its_code_and_is_not_asked_for_again(source: Source) -> None:
    source.then = UpstreamError("busy", "later")
    failures = await together(source, question(), question())
    assert [(type(error), error.code, str(error)) for error in failures] == [(UpstreamError, "busy", "later")] * 2
    assert len(source.asked) == 1


async def test_who_leaves_takes_the_answer_from_nobody_else(source: Source) -> None:
    first, second = (asyncio.create_task(heard(source, question())) for _ in range(2))
    await source.is_asked.wait()
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    source.may_answer.set()
    assert "".join(piece.text for piece in await second) == "So be it"


async def test_an_answer_that_cannot_be_carried_on_is_cut(source: Source) -> None:
    with obeying(REPLIES.policy, value_bytes=1000):
        source.may_answer.set()
        ANSWER.insert(1, Piece("x" * 1000))
        with pytest.raises(UpstreamError) as raised:
            await heard(source, question())
        ANSWER.pop(1)
    assert raised.value.code == "cut"


def test_the_key_has_the_words_and_nobodys_name() -> None:
    asked = question()
    assert key_of(asked) == key_of(replace(asked, conversation=9, asked_by=9, before=9, connect_seconds=9.0))
    assert key_of(asked) != key_of(replace(asked, lines=asked.lines[::-1]))


@pytest.mark.parametrize("piece", [*ANSWER, Piece()])
def test_pieces_travel_unchanged(piece: Piece) -> None:
    assert decoded(encoded(piece)) == piece
