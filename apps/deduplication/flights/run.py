"""What a caller goes through: board, wait or fly, begin anew where a flight had nothing for it."""

import asyncio
import time

from opentelemetry.trace import get_tracer

from apps.deduplication.exceptions import FlightTimeoutError
from apps.deduplication.flights.aloft import Aloft, Scope
from apps.deduplication.flights.callers import AsyncWork, LoopCaller, ThreadCaller, Work
from apps.deduplication.flights.outcome import Outcome
from apps.deduplication.flights.policy import FlightPolicy
from apps.deduplication.flights.table import Table, aboard

RETRY_SECONDS = 1.0
_tracer = get_tracer(__name__)


def run(table: Table, scope: Scope, digest: str, work: Work, *, policy: FlightPolicy) -> bytes:
    """Return what the work returns, run by this thread or by another caller; blocks until then."""
    begun = time.monotonic()
    while True:
        caller = ThreadCaller(work)
        aloft, is_replay = (None, False) if digest in aboard.get() else table.board(scope, digest, policy, caller)
        if aloft is None:
            table.count(scope.tally.ran_unshared)
            return work()
        _wait(table, aloft, caller, seconds=max(0.0, begun + policy.wait_seconds - time.monotonic()))
        if caller.is_pilot:
            table.count(scope.tally.led)
            return table.fly(aloft, caller)
        if caller.outcome is not None:
            return _given(table, scope, caller.outcome, begun, is_replay=is_replay)


async def run_async(table: Table, scope: Scope, digest: str, work: AsyncWork, *, policy: FlightPolicy) -> bytes:
    """Return what the work returns, run in this loop or by another caller. Cancelled, it leaves the others alone."""
    begun = time.monotonic()
    while True:
        caller = LoopCaller(work)
        aloft, is_replay = (None, False) if digest in aboard.get() else table.board(scope, digest, policy, caller)
        if aloft is None:
            table.count(scope.tally.ran_unshared)
            return await work()
        outcome = await _awaited(table, aloft, caller, until=begun + policy.wait_seconds)
        if caller.is_pilot and outcome is not None:
            table.count(scope.tally.led)
            return outcome.result()
        if outcome is not None:
            return _given(table, scope, outcome, begun, is_replay=is_replay)


def _wait(table: Table, aloft: Aloft, caller: ThreadCaller, *, seconds: float) -> None:
    if not caller.wait(seconds):
        if table.leave(aloft, caller):
            raise _timed_out(table, aloft)
        caller.wait(-1)


async def _awaited(table: Table, aloft: Aloft, caller: LoopCaller, *, until: float) -> Outcome | None:
    """Wait for the outcome; the clock runs for those who wait for another, not for a pilot."""
    timer = None
    if not caller.is_pilot and not caller.future.done():
        delay = max(0.0, until - time.monotonic())
        timer = caller.loop.call_later(delay, _expire, table, aloft, caller)
    try:
        return await caller.future
    except asyncio.CancelledError:
        table.abandon(aloft, caller)
        raise
    finally:
        if timer is not None:
            timer.cancel()


def _expire(table: Table, aloft: Aloft, caller: LoopCaller) -> None:
    if not caller.future.done() and table.leave(aloft, caller):
        caller.future.set_exception(_timed_out(table, aloft))


def _timed_out(table: Table, aloft: Aloft) -> FlightTimeoutError:
    table.count(aloft.tally.timed_out)
    return FlightTimeoutError(retry_after=RETRY_SECONDS)


def _given(table: Table, scope: Scope, outcome: Outcome, begun: float, *, is_replay: bool) -> bytes:
    if is_replay:
        table.count(scope.tally.replayed)
    else:
        waited = time.monotonic() - begun
        table.count(lambda: scope.tally.waited(waited))
        _traced(scope, waited)
    return outcome.copy()


def _traced(scope: Scope, seconds: float) -> None:
    """Note the wait for another's work in the trace of who waited."""
    start = time.time_ns() - int(seconds * 1e9)
    _tracer.start_span("flight joined", attributes={"deduplication.scope": scope.name}, start_time=start).end()
