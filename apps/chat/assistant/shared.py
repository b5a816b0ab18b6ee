"""Equal prompts that are under way at the same time are one call to the endpoint, in the whole fleet.

Equal is what makes the endpoint's answer: model, temperature, length and every message, to the letter. Whoever shares
an answer has sent the same text themselves, so nothing of anybody reaches somebody else; no user and no conversation is
in the key. What is wanted anew is never shared: the answer shall differ.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import asdict
from typing import cast

import orjson

from apps.chat.assistant.upstream import Piece, Question, Upstream, UpstreamError, Usage
from apps.chat.policy import REPLIES
from apps.deduplication.exceptions import DeduplicationError
from apps.deduplication.flights.errors import shareable

shareable("chat.assistant", UpstreamError)


class Shared:
    """Stands before an upstream. Who joins gets all the words from the first; what they cost, whoever asked."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream

    async def prepare(self) -> None:
        """Load what the first answer needs."""
        await self._upstream.prepare()

    async def answer(self, question: Question) -> AsyncGenerator[Piece, None]:
        """Yield the answer, one's own or that of an equal question under way; raise UpstreamError."""
        is_ours = False

        async def asked() -> AsyncGenerator[bytes, None]:
            nonlocal is_ours
            is_ours = True
            async with aclosing(self._upstream.answer(question)) as pieces:
                async for piece in pieces:
                    yield encoded(piece)

        stream = REPLIES.stream(key_of(question), asked, is_shared=not question.is_anew)
        try:
            async with aclosing(cast("AsyncGenerator[bytes, None]", stream)) as pieces:
                async for data in pieces:
                    piece = decoded(data)
                    yield piece if is_ours else piece._replace(usage=None)
        except DeduplicationError as error:
            raise UpstreamError("cut", str(error)) from None

    async def close(self) -> None:
        """Let go of connections."""
        await self._upstream.close()


def key_of(question: Question) -> str:
    """Return what the endpoint's answer depends on."""
    said = (question.model, question.temperature, question.reply_tokens, [tuple(line) for line in question.lines])
    return orjson.dumps(said).decode()


def encoded(piece: Piece) -> bytes:
    """Return a piece as it travels."""
    return orjson.dumps((piece.text, piece.ending, piece.usage and asdict(piece.usage)))


def decoded(data: bytes) -> Piece:
    """Return the piece."""
    text, ending, usage = orjson.loads(data)
    return Piece(text, ending, Usage(**usage) if usage else None)
