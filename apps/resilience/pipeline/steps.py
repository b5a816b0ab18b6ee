"""The steps of a pipeline as closures, each around the next. Built when the policy changes, not per call.

A step takes the function, its arguments and its names as they are, so that nothing is packed twice.
"""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from apps.resilience.breaker import Breaker
from apps.resilience.bulkhead.bulkhead import Bulkhead
from apps.resilience.chaos import Chaos
from apps.resilience.deadline import ends_at
from apps.resilience.exceptions import AttemptTimeoutError, DeadlineError
from apps.resilience.hedge import hedged
from apps.resilience.limits.gate import Gate
from apps.resilience.retry.advice import is_worth_retrying
from apps.resilience.retry.retry import Retry
from apps.resilience.timer import Timer

Step = Callable[[Callable[..., Any], Any, Any], Any]
AsyncStep = Callable[[Callable[..., Any], Any, Any], Awaitable[Any]]
clock = time.monotonic


def called(func: Callable[..., Any], args: Any, names: Any) -> Any:
    """Call it: the innermost step, for both kinds; a coroutine is awaited by the step around."""
    return func(*args, **names)


def with_deadline(inner: Step, seconds: float) -> Step:
    """Bring the end of the caller's time forward, for everything inside."""

    def step(func: Callable[..., Any], args: Any, names: Any) -> Any:
        token = ends_at.set(ending(seconds))
        try:
            return inner(func, args, names)
        finally:
            ends_at.reset(token)

    return step


def with_deadline_async(inner: AsyncStep, seconds: float) -> AsyncStep:
    """As `with_deadline`."""

    async def step(func: Callable[..., Any], args: Any, names: Any) -> Any:
        token = ends_at.set(ending(seconds))
        try:
            return await inner(func, args, names)
        finally:
            ends_at.reset(token)

    return step


def ending(seconds: float) -> float:
    """Return when work that may take so long ends; raise DeadlineError when it had to be done already."""
    now, outer = clock(), ends_at.get()
    if outer <= now:
        raise DeadlineError("the time for this work is over")
    ends = now + seconds
    return min(outer, ends)


def with_gate(inner: Step, gate: Gate) -> Step:
    """Reject what is over the rate."""

    def step(func: Callable[..., Any], args: Any, names: Any) -> Any:
        gate.enter()
        return inner(func, args, names)

    return step


def with_gate_async(inner: AsyncStep, gate: Gate) -> AsyncStep:
    """As `with_gate`; the gate never waits."""

    def step(func: Callable[..., Any], args: Any, names: Any) -> Awaitable[Any]:
        gate.enter()
        return inner(func, args, names)

    return step


def with_bulkhead(inner: Step, bulkhead: Bulkhead) -> Step:
    """Hold a place while the call is under way."""

    def step(func: Callable[..., Any], args: Any, names: Any) -> Any:
        since = bulkhead.enter()
        is_sample = False
        try:
            answer = inner(func, args, names)
            is_sample = True
        finally:
            bulkhead.leave(since, is_sample=is_sample)
        return answer

    return step


def with_bulkhead_async(inner: AsyncStep, bulkhead: Bulkhead) -> AsyncStep:
    """As `with_bulkhead`."""

    async def step(func: Callable[..., Any], args: Any, names: Any) -> Any:
        since = await bulkhead.enter_async()
        is_sample = False
        try:
            answer = await inner(func, args, names)
            is_sample = True
        finally:
            bulkhead.leave(since, is_sample=is_sample)
        return answer

    return step


def with_retry(inner: Step, retry: Retry) -> Step:
    """Try again what failed, as far as the budget goes."""

    def step(func: Callable[..., Any], args: Any, names: Any) -> Any:
        try:
            answer = inner(func, args, names)
        except Exception as error:  # raised again, or tried again: it counts first
            retry.called(is_success=False)
            if not is_worth_retrying(error):
                raise
            return retry.again(error, partial(inner, func, args, names))
        retry.called(is_success=True)
        return answer

    return step


def with_retry_async(inner: AsyncStep, retry: Retry) -> AsyncStep:
    """As `with_retry`."""

    async def step(func: Callable[..., Any], args: Any, names: Any) -> Any:
        try:
            answer = await inner(func, args, names)
        except Exception as error:  # raised again, or tried again: it counts first
            retry.called(is_success=False)
            if not is_worth_retrying(error):
                raise
            return await retry.again_async(error, partial(inner, func, args, names))
        retry.called(is_success=True)
        return answer

    return step


def with_hedge_async(inner: AsyncStep, retry: Retry, seconds: float) -> AsyncStep:
    """Begin a second attempt where the first dawdles."""

    async def step(func: Callable[..., Any], args: Any, names: Any) -> Any:
        return await hedged(
            partial(inner, func, args, names),  # type: ignore[arg-type]  # every async step is a coroutine function
            after_seconds=seconds,
            may_repeat=partial(retry.take, is_timeout=False),
        )

    return step


def with_breaker(inner: Step, breaker: Breaker) -> Step:
    """Ask the breaker, and tell it how the attempt ended."""
    call = breaker.call

    def step(func: Callable[..., Any], args: Any, names: Any) -> Any:
        return call(inner, func, args, names)

    return step


def with_breaker_async(inner: AsyncStep, breaker: Breaker) -> AsyncStep:
    """As `with_breaker`."""
    call = breaker.call_async

    def step(func: Callable[..., Any], args: Any, names: Any) -> Awaitable[Any]:
        return call(inner, func, args, names)

    return step


def with_timeout(inner: Step, seconds: float) -> Step:
    """Bring the deadline forward for one attempt; the call hands it to whatever it waits for."""
    return with_deadline(inner, seconds)


def with_timeout_async(inner: AsyncStep, seconds: float) -> AsyncStep:
    """End an attempt that takes too long, or longer than the caller's time."""

    async def step(func: Callable[..., Any], args: Any, names: Any) -> Any:
        now, outer = clock(), ends_at.get()
        left = min(seconds, outer - now)
        if left == math.inf:
            return await inner(func, args, names)
        if left <= 0:
            raise overrun(seconds, is_caller=True)
        token, timer = ends_at.set(now + left), Timer(left)
        try:
            return await inner(func, args, names)
        except asyncio.CancelledError as error:
            if timer.claims():
                raise overrun(seconds, is_caller=left < seconds) from error
            raise
        finally:
            timer.stop()
            ends_at.reset(token)

    return step


def overrun(seconds: float, *, is_caller: bool) -> Exception:
    """Return the error of an attempt that was ended: by the caller's time, or by its own."""
    if is_caller:
        return DeadlineError("the caller's time was over")
    return AttemptTimeoutError(f"no answer within {seconds:g} s")


def with_chaos(inner: Step, chaos: Chaos) -> Step:
    """Do what is done on purpose, inside everything that must cope with it."""

    def step(func: Callable[..., Any], args: Any, names: Any) -> Any:
        chaos.strike()
        return inner(func, args, names)

    return step


def with_chaos_async(inner: AsyncStep, chaos: Chaos) -> AsyncStep:
    """As `with_chaos`."""

    async def step(func: Callable[..., Any], args: Any, names: Any) -> Any:
        await chaos.strike_async()
        return await inner(func, args, names)

    return step
