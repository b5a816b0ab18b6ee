"""The one way to a dependency."""

from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable
from threading import Lock
from typing import Any, ParamSpec, TypeVar

from apps.resilience.breaker import Breaker
from apps.resilience.bulkhead.bulkhead import Bulkhead
from apps.resilience.chaos import Chaos
from apps.resilience.limits.gate import Gate
from apps.resilience.pipeline.chain import Parts, chained, chained_async
from apps.resilience.pipeline.fallback import Otherwise
from apps.resilience.pipeline.policy import PipelinePolicy
from apps.resilience.pipeline.stream import Stream
from apps.resilience.retry.retry import Retry
from apps.tuning.handle import Handle

P = ParamSpec("P")
R = TypeVar("R")


class Pipeline:
    """Calls by the policy that holds now. `idempotent` and `reads` are the same pipeline for what may be repeated."""

    def __init__(self, name: str, handle: Handle[Any], breaker: Breaker) -> None:
        self.name, self.handle, self.breaker = name, handle, breaker
        policy: PipelinePolicy = handle.current
        self.parts = Parts(
            gate=Gate(name),
            bulkhead=Bulkhead(name, policy.bounds(), queue_max=policy.queue_calls, queue_seconds=policy.queue_seconds),
            retry=Retry(policy.patience(), policy.budget()),
            breaker=breaker,
            chaos=Chaos(name),
        )
        self.fallbacks = 0
        self._lock, self._resets = Lock(), policy.resets
        self._policy: PipelinePolicy | None = None
        self._once = Way(self, is_repeatable=False, is_read=False)
        self.idempotent = Way(self, is_repeatable=True, is_read=False)
        self.reads = Way(self, is_repeatable=True, is_read=True)
        self.call, self.call_async, self.stream = self._once.call, self._once.call_async, self._once.stream

    def otherwise(self, fallback: Callable[[Exception], R]) -> "Otherwise[R]":
        """Return the pipeline with an answer for when the dependency gives none."""
        return Otherwise(self._once, fallback)

    def obey(self) -> None:
        """Go by the policy that holds now. Does not wait for calls under way; tells listeners without a lock."""
        with self._lock:
            policy: PipelinePolicy = self.handle.current
            if policy is self._policy:
                return
            for way in (self._once, self.idempotent, self.reads):
                way.build(policy)
            is_reset, self._resets, self._policy = policy.resets > self._resets, policy.resets, policy
        self.parts.obey(policy)
        if is_reset:
            self.breaker.close()
        if self._policy is not policy:  # another thread was quicker with a later one, which must have the last word
            self.parts.obey(self._policy)


class Way:
    """A pipeline for one kind of call: once, repeatable, or a read."""

    def __init__(self, pipeline: Pipeline, *, is_repeatable: bool, is_read: bool) -> None:
        self.pipeline, self._handle = pipeline, pipeline.handle
        self._is_repeatable, self._is_read = is_repeatable, is_read
        self._built: PipelinePolicy | None = None

    def build(self, policy: PipelinePolicy) -> None:
        """Build the steps anew."""
        parts = self.pipeline.parts
        self._step = chained(parts, policy, is_repeatable=self._is_repeatable)
        self._async_step = chained_async(parts, policy, is_repeatable=self._is_repeatable, is_read=self._is_read)
        self._built = policy

    def call(self, func: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Return what the function returns; raise RejectedError, DeadlineError, or what it raises. Blocks.

        The function gives `remaining_seconds()` to what it waits for: a thread cannot be interrupted.
        """
        if self._handle.current is not self._built:
            self.pipeline.obey()
        return self._step(func, args, kwargs)  # type: ignore[no-any-return]

    async def call_async(self, func: Callable[P, Awaitable[R]], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """As `call`, for a coroutine function; attempts that take too long are cancelled."""
        if self._handle.current is not self._built:
            self.pipeline.obey()
        return await self._async_step(func, args, kwargs)  # type: ignore[no-any-return]

    def stream(
        self, open_stream: Callable[[], AsyncIterable[R]], *, is_complete: Callable[[R], bool] | None = None
    ) -> AsyncGenerator[R]:
        """Return the pieces of a stream. Its first piece is the call; then each pause is bounded, not the whole.

        `is_complete` tells by the last piece whether the stream was whole: a cut one raises TruncatedError.
        Only before the first piece anything is tried again.
        """
        if self._handle.current is not self._built:
            self.pipeline.obey()
        return Stream(self.pipeline.parts, self._handle.current, is_repeatable=self._is_repeatable).pieces(
            open_stream, is_complete
        )

    def otherwise(self, fallback: Callable[[Exception], R]) -> "Otherwise[R]":
        """Return this way with an answer for when the dependency gives none."""
        return Otherwise(self, fallback)
