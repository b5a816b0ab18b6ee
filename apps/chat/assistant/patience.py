"""How long to wait for what comes after the last word; all other limits of time are the pipeline's."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from apps.chat.assistant.upstream import Piece, UpstreamError

AFTER_ENDING_SECONDS = 1.0  # for what it cost


async def patient(pieces: AsyncGenerator[Piece, None]) -> AsyncGenerator[Piece, None]:
    """Yield the pieces. After an ending nothing is an error any more. The generator is closed in any case."""
    async with aclosing(pieces):
        async for piece in pieces:
            yield piece
            if piece.ending is not None:
                break
        try:
            while rest := await _next(pieces):
                yield rest
        except (UpstreamError, TimeoutError):
            return


async def _next(pieces: AsyncGenerator[Piece, None]) -> Piece | None:
    async with asyncio.timeout(AFTER_ENDING_SECONDS):
        return await anext(pieces, None)
