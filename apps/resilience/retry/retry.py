"""The retry of a pipeline: the first attempt is called as it is, tenacity takes over where it fails."""

import asyncio
import math
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any

from tenacity import AsyncRetrying, RetryCallState, Retrying, retry_if_exception

from apps.resilience.deadline import ends_at
from apps.resilience.retry.advice import asked_seconds, is_worth_retrying
from apps.resilience.retry.budget import Account, Budget


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How often, and after which pauses."""

    attempts: int = 3
    first_seconds: float = 0.1
    limit_seconds: float = 5.0


class Retry:
    """Spends the budget of one dependency. Thread-safe."""

    def __init__(
        self,
        patience: Patience,
        budget: Budget,
        *,
        is_retryable: Callable[[BaseException], bool] = is_worth_retrying,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
        sleep: Callable[[float], None] = time.sleep,
        sleep_async: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.patience, self.account = patience, Account(budget)
        self._is_retryable, self._clock, self._chance = is_retryable, clock, chance
        self._sleep, self._sleep_async = sleep, sleep_async
        self._lock = Lock()

    def change(self, patience: Patience, budget: Budget) -> None:
        """Go by other bounds from now on; what was spent stays spent."""
        with self._lock:
            self.patience = patience
            self.account.change(budget)

    def called(self, *, is_success: bool) -> None:
        """Note a first attempt."""
        with self._lock:
            self.account.called(self._clock(), is_success=is_success)

    def succeeded(self) -> None:
        """Note a later attempt that went well."""
        with self._lock:
            self.account.succeeded()

    def again(self, error: Exception, call: Callable[[], Any]) -> Any:
        """Return what a later attempt returns; raise the last error when there is to be none. Sleeps."""
        pending = [error]

        def attempt() -> Any:
            if pending:
                raise pending.pop()
            answer = call()
            self.succeeded()
            return answer

        return Retrying(sleep=self._sleep, **self._rules())(attempt)

    async def again_async(self, error: Exception, call: Callable[[], Awaitable[Any]]) -> Any:
        """As `again`, for a coroutine."""
        pending = [error]

        async def attempt() -> Any:
            if pending:
                raise pending.pop()
            answer = await call()
            self.succeeded()
            return answer

        return await AsyncRetrying(sleep=self._sleep_async, **self._rules())(attempt)

    def take(self, *, is_timeout: bool) -> bool:
        """Pay for one more attempt; return whether the budget bears it."""
        with self._lock:
            return self.account.take(self._clock(), is_timeout=is_timeout)

    def _rules(self) -> dict[str, Any]:
        return {
            "retry": retry_if_exception(self._is_retryable),
            "wait": self._pause_seconds,
            "stop": self._is_over,
            "reraise": True,
        }

    def _pause_seconds(self, state: RetryCallState) -> float:
        """Full jitter, and never sooner than the other side asks (Brooker, "Exponential Backoff And Jitter", 2015)."""
        patience = self.patience
        ceiling = min(patience.limit_seconds, patience.first_seconds * 2.0 ** (state.attempt_number - 1))
        return max(self._chance() * ceiling, asked_seconds(_error(state)))

    def _is_over(self, state: RetryCallState) -> bool:
        pause = state.upcoming_sleep
        if state.attempt_number >= self.patience.attempts or math.isinf(pause):
            return True
        if self._clock() + pause >= ends_at.get():
            return True  # the caller would be gone
        return not self.take(is_timeout=isinstance(_error(state), TimeoutError))


def _error(state: RetryCallState) -> BaseException:
    error = state.outcome.exception() if state.outcome is not None else None
    return error or RuntimeError("tenacity asks only after a failure")
