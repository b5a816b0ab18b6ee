"""How long the next words may take."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from apps.chat.assistant import patience
from apps.chat.assistant.patience import patient
from apps.chat.assistant.upstream import Piece, UpstreamError, Usage

LONG, SHORT = 20.0, 0.01
ENDING, USAGE = Piece(ending="complete"), Piece(usage=Usage(prompt_tokens=1, reply_tokens=2))


class Speaker:
    """Says the pieces, then falls silent, or fails, or ends."""

    def __init__(self, *pieces: Piece, then: str = "end") -> None:
        self._pieces, self._then = pieces, then
        self.is_closed = False

    async def speak(self) -> AsyncGenerator[Piece, None]:
        try:
            for piece in self._pieces:
                yield piece
            if self._then == "silence":
                await asyncio.Event().wait()
            if self._then == "failure":
                raise UpstreamError("cut", "gone")
        finally:
            self.is_closed = True


async def heard(speaker: Speaker, *, first_seconds: float = LONG, idle_seconds: float = LONG) -> list[Piece]:
    pieces = patient(speaker.speak(), first_seconds=first_seconds, idle_seconds=idle_seconds)
    return [piece async for piece in pieces]


async def test_all_pieces_pass() -> None:
    speaker = Speaker(Piece("a"), Piece("b"), ENDING, USAGE)
    assert await heard(speaker) == [Piece("a"), Piece("b"), ENDING, USAGE]
    assert speaker.is_closed


@pytest.mark.parametrize("pieces", [[], [Piece("")]])
async def test_first_word_that_does_not_come_is_an_error(pieces: list[Piece]) -> None:
    speaker = Speaker(*pieces, then="silence")
    with pytest.raises(UpstreamError, match=r"no words came for 0\.01 s") as raised:
        await heard(speaker, first_seconds=SHORT)
    assert raised.value.code == "slow"
    assert speaker.is_closed


async def test_pause_that_is_too_long_is_an_error() -> None:
    speaker = Speaker(Piece("a"), then="silence")
    with pytest.raises(UpstreamError) as raised:
        await heard(speaker, idle_seconds=SHORT)
    assert raised.value.code == "slow"


@pytest.mark.parametrize("then", ["silence", "failure", "end"])
async def test_nothing_is_an_error_after_the_ending(monkeypatch: pytest.MonkeyPatch, then: str) -> None:
    monkeypatch.setattr(patience, "AFTER_ENDING_SECONDS", SHORT)
    speaker = Speaker(Piece("a"), ENDING, then=then)
    assert await heard(speaker) == [Piece("a"), ENDING]
    assert speaker.is_closed


async def test_failure_midway_passes() -> None:
    with pytest.raises(UpstreamError, match="gone"):
        await heard(Speaker(Piece("a"), then="failure"))
