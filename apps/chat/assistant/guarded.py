"""An upstream behind its pipeline: limits of time, a bounded number at once, and a breaker."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable
from contextlib import aclosing

from apps.chat.assistant.closing import WAITING
from apps.chat.assistant.patience import patient
from apps.chat.assistant.upstream import Piece, Question, Upstream, UpstreamError
from apps.resilience.breaker.state import State
from apps.resilience.exceptions import CircuitOpenError, ResilienceError, TruncatedError
from apps.resilience.pipeline import Pipeline, pipeline

PERMIT_SECONDS = 0.25  # a call that comes when a probe is due has the permit fetched, and takes it after this
ADMITTING = (State.CLOSED, State.DISABLED, State.METRICS_ONLY)


class Guarded:
    """One for the process. What was said already is never asked for again."""

    def __init__(self, upstream: Upstream, name: str = "assistant") -> None:
        self._upstream, self._pipeline = upstream, pipeline(name)
        self._pipeline.breaker.add_excluded_exceptions(self._is_nothing)

    async def answer(self, question: Question) -> AsyncGenerator[Piece, None]:
        """Yield the answer; raise UpstreamError, with the code WAITING where the endpoint is down and said nothing."""
        await self._upstream.prepare()
        has_begun = False
        try:
            async with aclosing(self._admitted(question)) as pieces:
                async for piece in pieces:
                    has_begun = True
                    yield piece
        except (UpstreamError, ResilienceError) as error:
            code = code_of(error)
            if not has_begun and (code == "unreachable" or (code != "refused" and is_down(self._pipeline))):
                code = WAITING
            raise UpstreamError(code, str(error)) from None

    async def prepare(self) -> None:
        """Load what the first answer needs."""
        await self._upstream.prepare()

    async def close(self) -> None:
        """Let go of connections."""
        await self._upstream.close()

    async def _admitted(self, question: Question) -> AsyncGenerator[Piece, None]:
        """Yield the pieces; ask a second time for admission where a probe is due and its permit has to be fetched."""
        for is_last in (False, True):
            try:
                async with aclosing(self._passed(question)) as pieces:
                    async for piece in pieces:
                        yield piece
            except CircuitOpenError:
                if is_last or not is_probe_due(self._pipeline):
                    raise
                await asyncio.sleep(PERMIT_SECONDS)
            else:
                return

    def _passed(self, question: Question) -> AsyncGenerator[Piece]:
        endings: list[Piece] = []

        async def words() -> AsyncGenerator[Piece, None]:
            async with aclosing(patient(self._upstream.answer(question))) as pieces:
                async for piece in pieces:
                    if piece.ending is not None:
                        endings.append(piece)
                    if piece != Piece():  # a sign of life is no word
                        yield piece

        def opened() -> AsyncIterable[Piece]:
            return words()

        return self._pipeline.stream(opened, is_complete=lambda _: bool(endings))

    def _is_nothing(self, error: object) -> bool:
        """Return whether an error says nothing of the endpoint's health, by the policy that holds now."""
        policy, code = self._pipeline.handle.current, getattr(error, "code", "")
        is_spared = (code == "cut" and not policy.is_cut_a_failure) or (
            code == "busy" and not policy.is_refusal_a_failure
        )
        return isinstance(error, UpstreamError) and (code == "refused" or is_spared)


def code_of(error: Exception) -> str:
    """Return the code of faults.FAULTS that an error of the upstream or of its pipeline comes to."""
    if isinstance(error, UpstreamError):
        return error.code
    if isinstance(error, CircuitOpenError):
        return WAITING
    if isinstance(error, TruncatedError):
        return "cut"
    if isinstance(error, TimeoutError):
        return "slow"
    if isinstance(error, ConnectionError):  # on purpose; the endpoint's own come as UpstreamError
        return "unreachable"
    return "busy" if hasattr(error, "retry_after_seconds") else "failed"


def is_down(guarded: Pipeline) -> bool:
    """Return whether calls are rejected, all or all but a few probes."""
    return guarded.breaker.view().state not in ADMITTING


def is_probe_due(guarded: Pipeline) -> bool:
    """Return whether the breaker is not closed, and would let a probe pass."""
    view = guarded.breaker.view()
    is_over = view.state == State.OPEN and view.next_probe_seconds == 0
    return is_over or (view.state == State.HALF_OPEN and view.probes_out == 0)
