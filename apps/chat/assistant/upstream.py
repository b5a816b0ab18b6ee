"""Whoever finds the words: asked with a question, answers in pieces as they come."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

from apps.chat.records import MessageRole

Ending = Literal["complete", "too_long"]
REASON_CHARACTERS = 500  # an endpoint may answer with a whole page


class Line(NamedTuple):
    """A message as a model reads it."""

    role: MessageRole
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is to be answered: `lines` for a model, and whose words they end with for one who only looks things up.

    `before` is the number of the message that is answered. With `is_anew` another answer is wanted than the last one.
    """

    conversation: int
    asked_by: int | None
    text: str
    before: int
    lines: tuple[Line, ...]
    model: str
    temperature: float
    reply_tokens: int
    connect_seconds: float
    is_anew: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens of a reply, as whoever wrote it counts them."""

    prompt_tokens: int
    reply_tokens: int


class Piece(NamedTuple):
    """Some words, or the news that there are no more, or what it cost; the last two come once, in this order."""

    text: str = ""
    ending: Ending | None = None
    usage: Usage | None = None


class UpstreamError(Exception):
    """There are no words, or no more of them; `code` is one of faults.FAULTS, the text is for the log."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(code, reason[:REASON_CHARACTERS])
        self.code = code

    def __str__(self) -> str:
        return str(self.args[1])


class Upstream(Protocol):
    """Answers many questions at once, on the event loop, which it never blocks."""

    async def prepare(self) -> None:
        """Load what the first answer needs: that takes time which is not the answer's."""
        ...

    def answer(self, question: Question) -> AsyncGenerator[Piece, None]:
        """Yield the answer as it comes, an ending after the last words; raise UpstreamError. No time limit but one
        for the connection: whoever asks closes the generator when they have waited long enough.
        """
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
