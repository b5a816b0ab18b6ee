"""A stream through the pipeline: judged by its first piece, bounded by its pauses, a failure when it breaks off."""

import asyncio
import math
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable
from contextlib import ExitStack, aclosing
from dataclasses import dataclass
from time import monotonic
from types import TracebackType
from typing import Any, TypeVar

from apps.resilience.breaker import Call
from apps.resilience.chaos import Fault
from apps.resilience.deadline import ends_at, remaining_seconds
from apps.resilience.exceptions import AttemptTimeoutError, TruncatedError
from apps.resilience.pipeline.chain import Parts
from apps.resilience.pipeline.policy import PipelinePolicy
from apps.resilience.pipeline.spans import attempt_span, current
from apps.resilience.pipeline.steps import ending
from apps.resilience.retry.advice import is_worth_retrying

T = TypeVar("T")
Complete = Callable[[Any], bool]
END: Any = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A stream whose first piece came: what it owes the breaker, that piece, and the rest."""

    owed: ExitStack
    call: Call
    first: Any
    rest: AsyncIterator[Any]
    is_cut: bool


class Stream:
    """One stream, by the policy it began with."""

    def __init__(self, parts: Parts, policy: PipelinePolicy, *, is_repeatable: bool) -> None:
        self._parts, self._policy = parts, policy
        self._is_repeatable = is_repeatable and policy.attempts > 1

    async def pieces(
        self, begin: Callable[[], AsyncIterable[T]], is_complete: Callable[[T], bool] | None
    ) -> AsyncGenerator[T]:
        """Yield the pieces; hold a place of the bulkhead until the end."""
        bulkhead, is_held = self._parts.bulkhead, self._policy.has_bulkhead
        if self._policy.calls_per_second:
            self._parts.gate.enter()
        since = await bulkhead.enter_async() if is_held else 0.0
        try:
            async with aclosing(self._judged(begin, is_complete)) as pieces:
                async for piece in pieces:
                    yield piece
        finally:
            if is_held:
                bulkhead.leave(since, is_sample=False)

    async def _judged(
        self, begin: Callable[[], AsyncIterable[Any]], is_complete: Complete | None
    ) -> AsyncGenerator[Any]:
        opened = await self._begun(begin)
        last, piece = END, opened.first
        over_at = monotonic() + (self._policy.stream_seconds or math.inf)
        with opened.owed:
            try:
                while piece is not END:
                    last = piece
                    yield piece
                    piece = END if opened.is_cut else await self._next(opened.rest, over_at)
            finally:
                await _closed(opened.rest)
            is_cut = is_complete is not None and (last is END or not is_complete(last))
            if is_cut and self._policy.is_cut_a_failure:
                opened.call.broken()
        if is_cut:
            raise TruncatedError("the stream ended before it was complete")

    async def _begun(self, begin: Callable[[], AsyncIterable[Any]]) -> Opened:
        """Open it, again where that may be repeated: nobody has seen a piece yet."""
        if not self._is_repeatable:
            return await self._opened(begin)
        retry = self._parts.retry
        try:
            opened = await self._opened(begin)
        except Exception as error:  # raised again, or tried again: it counts first
            retry.called(is_success=False)
            if not is_worth_retrying(error):
                raise
            return await retry.again_async(error, lambda: self._opened(begin))  # type: ignore[no-any-return]
        retry.called(is_success=True)
        return opened

    async def _opened(self, begin: Callable[[], AsyncIterable[Any]]) -> Opened:
        token = ends_at.set(ending(min(self._policy.limit_seconds())))
        try:
            with ExitStack() as owed:
                call = owed.enter_context(self._parts.breaker.calling())
                span = owed.enter_context(attempt_span(self._parts.breaker.name))
                async with _within(remaining_seconds(), "no first piece"):
                    fault = await self._parts.chaos.strike_async()
                    with current(span):  # not longer: between two pieces the context is the consumer's
                        rest = aiter(begin())
                        first = await anext(rest, END)
                call.answered()
                return Opened(owed=owed.pop_all(), call=call, first=first, rest=rest, is_cut=fault is Fault.TRUNCATE)
        finally:
            ends_at.reset(token)

    async def _next(self, rest: AsyncIterator[Any], over_at: float) -> Any:
        seconds = min(self._policy.idle_seconds, over_at - monotonic())
        async with _within(remaining_seconds(seconds), "no further piece"):
            return await anext(rest, END)


class _within:  # noqa: N801  (reads as what it is, a context)
    """Bounds a wait; says what did not come."""

    def __init__(self, seconds: float, missing: str) -> None:
        self._seconds, self._missing = seconds, missing
        self._guard = asyncio.timeout(None if seconds == float("inf") else seconds)

    async def __aenter__(self) -> None:
        await self._guard.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._guard.__aexit__(kind, error, trace)
        except TimeoutError as over:
            raise AttemptTimeoutError(f"{self._missing} within {self._seconds:g} s") from over


async def _closed(rest: AsyncIterator[Any]) -> None:
    close: Any = getattr(rest, "aclose", None)  # an iterator need not have it, a generator has
    if close is not None:
        await close()
