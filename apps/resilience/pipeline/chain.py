"""The steps of a policy, put together in the stated order, the outermost last.

deadline → rate limit → bulkhead → retry → hedge → breaker → attempt timeout → span → chaos → call; the fallback is
around it.
"""

import math
from dataclasses import dataclass

from apps.resilience.breaker import Breaker
from apps.resilience.bulkhead.bulkhead import Bulkhead
from apps.resilience.chaos import Chaos, Fault
from apps.resilience.limits.gate import Gate
from apps.resilience.pipeline import steps
from apps.resilience.pipeline.policy import PipelinePolicy
from apps.resilience.pipeline.spans import with_span, with_span_async
from apps.resilience.pipeline.steps import AsyncStep, Step
from apps.resilience.retry.retry import Retry


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What keeps state, and outlives a change of the policy."""

    gate: Gate
    bulkhead: Bulkhead
    retry: Retry
    breaker: Breaker
    chaos: Chaos

    def obey(self, policy: PipelinePolicy) -> None:
        """Go by the policy from now on; what was learned and counted stays."""
        self.gate.change(per_second=policy.calls_per_second, burst=policy.burst_calls)
        self.bulkhead.change(policy.bounds(), queue_max=policy.queue_calls, queue_seconds=policy.queue_seconds)
        self.retry.change(policy.patience(), policy.budget())
        self.breaker.change(policy.rules())
        self.chaos.change(policy.faults())


def chained(parts: Parts, policy: PipelinePolicy, *, is_repeatable: bool) -> Step:
    """Return the whole for calls of a thread; a step that is off is not there."""
    deadline, attempt = policy.limit_seconds()
    step: Step = steps.called
    if policy.fault is not Fault.OFF:
        step = steps.with_chaos(step, parts.chaos)
    step = with_span(step, parts.breaker.name)
    if attempt < math.inf:
        step = steps.with_timeout(step, attempt)
    step = steps.with_breaker(step, parts.breaker)
    if is_repeatable and policy.attempts > 1:
        step = steps.with_retry(step, parts.retry)
    if policy.has_bulkhead:
        step = steps.with_bulkhead(step, parts.bulkhead)
    if policy.calls_per_second:
        step = steps.with_gate(step, parts.gate)
    return steps.with_deadline(step, deadline)


def chained_async(parts: Parts, policy: PipelinePolicy, *, is_repeatable: bool, is_read: bool) -> AsyncStep:
    """Return the whole for calls of a coroutine."""
    deadline, attempt = policy.limit_seconds()
    step: AsyncStep = steps.called
    if policy.fault is not Fault.OFF:
        step = steps.with_chaos_async(step, parts.chaos)
    step = with_span_async(step, parts.breaker.name)
    step = steps.with_timeout_async(step, attempt)
    step = steps.with_breaker_async(step, parts.breaker)
    if is_read and policy.hedge_seconds:
        step = steps.with_hedge_async(step, parts.retry, policy.hedge_seconds)
    if is_repeatable and policy.attempts > 1:
        step = steps.with_retry_async(step, parts.retry)
    if policy.has_bulkhead:
        step = steps.with_bulkhead_async(step, parts.bulkhead)
    if policy.calls_per_second:
        step = steps.with_gate_async(step, parts.gate)
    return steps.with_deadline_async(step, deadline)
