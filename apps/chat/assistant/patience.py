"""How long to wait for the next words."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from apps.chat.assistant.upstream import Piece, UpstreamError

AFTER_ENDING_SECONDS = 1.0  # for what it cost


async def patient(
    pieces: AsyncGenerator[Piece, None], *, first_seconds: float, idle_seconds: float
) -> AsyncGenerator[Piece, None]:
    """Yield the pieces; raise UpstreamError when the first words, or those after a pause, do not come in time.

    After an ending nothing is an error any more. The generator is closed in any case.
    """
    seconds = first_seconds
    async with aclosing(pieces):
        while piece := await _next(pieces, seconds):
            yield piece
            if piece.ending is not None:
                break
            if piece.text:
                seconds = idle_seconds
        else:
            return
        try:
            while piece := await _next(pieces, AFTER_ENDING_SECONDS):
                yield piece
        except UpstreamError:
            return


async def _next(pieces: AsyncGenerator[Piece, None], seconds: float) -> Piece | None:
    try:
        async with asyncio.timeout(seconds):
            return await anext(pieces, None)
    except TimeoutError:
        raise UpstreamError("slow", f"no words came for {seconds:g} s") from None
