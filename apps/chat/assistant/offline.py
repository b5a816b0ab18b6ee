"""The assistant of a site without an endpoint: looks through the conversation, and says that it does no more."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from datetime import UTC

from apps.chat.assistant.recall import telling_words
from apps.chat.assistant.upstream import Piece, Question
from apps.chat.records import MessageRecord
from apps.chat.text import without_marks

Find = Callable[[Question], Awaitable[list[MessageRecord]]]
Sleep = Callable[[float], Awaitable[None]]
PREFACE = "I am the offline assistant:"
INTRODUCTION = f"{PREFACE} no language model is connected to this site, so I can only look through this conversation."
QUOTE_CHARACTERS = 280
WORDS_PER_PIECE = 4
PAUSE_SECONDS = 0.04


class Offline:
    """Quotes earlier messages that share words with the question; speaks at a pace that can be followed."""

    def __init__(self, find: Find, *, sleep: Sleep = asyncio.sleep) -> None:
        self._find, self._sleep = find, sleep

    async def prepare(self) -> None:
        """There is nothing to load."""

    async def answer(self, question: Question) -> AsyncGenerator[Piece, None]:
        """Yield the answer a few words at a time. Fails only where the search does."""
        text = composed(question, await self._find(question))
        for words in in_pieces(text):
            yield Piece(words)
            await self._sleep(PAUSE_SECONDS)
        yield Piece(ending="complete")

    async def close(self) -> None:
        """There is nothing to let go of."""


def composed(question: Question, found: list[MessageRecord]) -> str:
    """Return the whole answer, as Markdown."""
    words = ", ".join(telling_words(question.text))
    about = f" about {words}" if words else ""
    if not found:
        return f"{INTRODUCTION}\n\nI found no earlier message{about}."
    count = "one earlier message" if len(found) == 1 else f"{len(found)} earlier messages"
    return "\n\n".join([INTRODUCTION, f"I found {count}{about}:", *map(quoted, found)])


def quoted(message: MessageRecord) -> str:
    """Return who said it, when, and the beginning of what was said, as one quoted line."""
    line = without_marks(message.text)
    cut = line if len(line) <= QUOTE_CHARACTERS else f"{line[:QUOTE_CHARACTERS].rstrip()} …"
    return f"**{message.author.name}**, {message.created_at.astimezone(UTC):%-d %B %Y, %H:%M} UTC:\n> {cut}"


def in_pieces(text: str) -> Iterator[str]:
    """Yield the text a few words at a time; together they are the text."""
    words = text.split(" ")
    for start in range(0, len(words), WORDS_PER_PIECE):
        end = start + WORDS_PER_PIECE
        yield " ".join(words[start:end]) + (" " if end < len(words) else "")
