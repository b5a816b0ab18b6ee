"""The pipeline: the order of its steps, what each keeps from the dependency, and the policy obeyed at once."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from threading import Event, Thread
from typing import Any

import pybreaker
import pytest

from apps.resilience import degradation
from apps.resilience.breaker import Mode
from apps.resilience.deadline import Deadline, ends_at, remaining_seconds
from apps.resilience.exceptions import (
    AttemptTimeoutError,
    BulkheadFullError,
    CircuitOpenError,
    DeadlineError,
    RateLimitedError,
    TruncatedError,
    UnknownPipelineError,
)
from apps.resilience.pipeline import Pipeline, declare_dependency, pipeline, pipelines, steps
from apps.resilience.pipeline.registry import breakers, withdraw_dependency
from apps.tuning.exceptions import PolicyError
from apps.tuning.handle import Handle, State
from tests.resilience.virtual import BrokenError, broken, fine
from tests.servers.deadline import eventually
from tests.tuning.obeying import obeying


@pytest.fixture
def kettle() -> Iterator[Pipeline]:
    """A dependency with quick pauses, declared for one test."""
    declare_dependency("kettle", title="the kettle", exclude=[KeyError], first_pause_seconds=0.001, attempts=3)
    yield pipeline("kettle")
    withdraw_dependency("kettle")


def handle(one: Pipeline) -> Handle[Any]:
    return one.handle


def test_every_dependency_has_one_pipeline_for_the_process() -> None:
    names = [one.name for one in pipelines()]
    assert names == [
        "alert_webhook", "assistant", "broker", "otlp", "redis_bus", "redis_cache", "redis_flights",
        "redis_limits", "smtp",
    ]  # fmt: skip
    assert pipeline("assistant") is pipeline("assistant")
    assert [breaker.name for breaker in breakers()] == names
    with pytest.raises(UnknownPipelineError, match="Declared are alert_webhook, assistant, broker"):
        pipeline("telegraph")


def test_calls_pass_through_with_their_arguments(kettle: Pipeline) -> None:
    def add(one: int, *, other: int) -> int:
        return one + other

    assert kettle.call(add, 1, other=2) == 3
    assert kettle.idempotent.call(add, 1, other=2) == 3


async def test_coroutines_pass_through_as_well(kettle: Pipeline) -> None:
    async def add(one: int, *, other: int) -> int:
        return one + other

    assert await kettle.call_async(add, 1, other=2) == 3
    assert await kettle.reads.call_async(add, 1, other=2) == 3
    assert kettle.breaker.view().successes == 2


def test_an_inner_step_never_outlives_the_outer(kettle: Pipeline) -> None:
    with obeying(handle(kettle), deadline_seconds=5.0, attempt_seconds=2.0):
        assert 1.9 < kettle.call(remaining_seconds) <= 2
        with Deadline(1.0):
            assert 0.9 < kettle.call(remaining_seconds) <= 1
            with Deadline(3.0):
                assert remaining_seconds() <= 1
    assert ends_at.get() == math.inf
    assert remaining_seconds(7.0) == 7


def test_nothing_begins_after_the_deadline(kettle: Pipeline) -> None:
    with Deadline(0.0), pytest.raises(DeadlineError):
        kettle.call(fine)
    with Deadline(0.0), pytest.raises(DeadlineError):
        remaining_seconds()
    with Deadline(0.0), pytest.raises(DeadlineError), Deadline(1.0):
        raise AssertionError("never entered")
    assert kettle.breaker.view().window_calls == 0


async def test_an_attempt_that_hangs_is_cancelled_and_counts_as_a_failure(kettle: Pipeline) -> None:
    with obeying(handle(kettle), attempt_seconds=0.02), pytest.raises(AttemptTimeoutError, match="no answer within"):
        await kettle.call_async(asyncio.sleep, 30)
    with Deadline(0.5), pytest.raises(DeadlineError):  # long enough to be attempted on a busy machine
        await kettle.call_async(asyncio.sleep, 30)

    async def times_out_itself() -> None:
        raise TimeoutError("its own")

    with pytest.raises(TimeoutError, match="its own"):
        await kettle.call_async(times_out_itself)
    assert kettle.breaker.view().failures == 3


async def test_a_cancelled_call_is_cancelled_and_no_timeout(kettle: Pipeline) -> None:
    calls = [asyncio.ensure_future(kettle.call_async(asyncio.sleep, 30)) for _ in range(2)]
    await asyncio.sleep(0)
    calls[0].cancel()
    with pytest.raises(asyncio.CancelledError):
        await calls[0]
    assert kettle.breaker.view().ignored == 1, "one caller's cancellation cancels nobody else"
    assert not calls[1].done()
    calls[1].cancel()
    await asyncio.gather(*calls, return_exceptions=True)


async def test_a_call_that_swallows_its_end_leaves_the_task_whole(kettle: Pipeline) -> None:
    async def stubborn() -> str:
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            return "done anyway"
        return "never"

    with obeying(handle(kettle), attempt_seconds=0.01):
        assert await kettle.call_async(stubborn) == "done anyway"
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


def test_what_may_be_repeated_is_and_what_may_not_is_not(kettle: Pipeline) -> None:
    answers: list[Any] = [BrokenError(), BrokenError(), "tea", BrokenError(), "lost"]

    def pour() -> str:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return str(answer)

    assert kettle.idempotent.call(pour) == "tea"
    with pytest.raises(BrokenError):
        kettle.call(pour)
    assert answers == ["lost"]


async def test_coroutines_are_repeated_alike(kettle: Pipeline) -> None:
    tries: list[int] = []

    async def pour() -> str:
        tries.append(1)
        if len(tries) < 3:
            raise BrokenError
        return "tea"

    async def never() -> str:
        tries.append(1)
        raise BrokenError

    assert await kettle.idempotent.call_async(pour) == "tea"
    with pytest.raises(BrokenError):
        await kettle.idempotent.call_async(never)
    assert len(tries) == 5, "so few calls bear three retries in all"


async def test_nothing_is_repeated_against_an_open_breaker(kettle: Pipeline) -> None:
    tries: list[int] = []

    def pour() -> None:
        tries.append(1)
        raise BrokenError

    with obeying(handle(kettle), failures_in_a_row=2, attempts=5):
        with pytest.raises(CircuitOpenError):
            kettle.idempotent.call(pour)
        assert len(tries) == 2
        with pytest.raises(CircuitOpenError):
            kettle.idempotent.call(pour)
        with pytest.raises(CircuitOpenError):
            await kettle.idempotent.call_async(asyncio.sleep, 0)
    assert len(tries) == 2


def test_the_rate_rejects_before_anything_else_is_asked(kettle: Pipeline) -> None:
    with obeying(handle(kettle), calls_per_second=0.001, burst_calls=2):
        assert [kettle.call(fine), kettle.call(fine)] == ["fine", "fine"]
        with pytest.raises(RateLimitedError) as caught:
            kettle.call(fine)
    assert 900 < caught.value.retry_after_seconds <= 1000
    assert (kettle.parts.gate.rejected, kettle.breaker.view().successes, kettle.parts.bulkhead.under_way) == (1, 2, 0)


async def test_the_rate_holds_for_coroutines(kettle: Pipeline) -> None:
    with obeying(handle(kettle), calls_per_second=0.001, burst_calls=1):
        await kettle.call_async(asyncio.sleep, 0)
        with pytest.raises(RateLimitedError):
            await kettle.call_async(asyncio.sleep, 0)
        with pytest.raises(RateLimitedError):
            await anext(kettle.stream(counting))


def test_calls_over_the_bulkhead_are_rejected_early(kettle: Pipeline) -> None:
    let_go = Event()
    with obeying(handle(kettle), places_at_start=1, places_least=1, places_most=1, queue_calls=0):
        thread = Thread(target=kettle.call, args=(let_go.wait, 10))
        thread.start()
        eventually(lambda: kettle.parts.bulkhead.under_way == 1)
        begin = time.monotonic()
        with pytest.raises(BulkheadFullError):
            kettle.call(fine)
        assert time.monotonic() - begin < 0.5
        let_go.set()
        thread.join()
    assert kettle.breaker.view().window_calls == 1, "what was never called is no failure of the dependency"


def test_a_policy_is_obeyed_at_once_and_the_state_stays(kettle: Pipeline) -> None:
    with pytest.raises(BrokenError):
        kettle.call(broken)
    with obeying(handle(kettle), mode=Mode.FORCED_OPEN), pytest.raises(CircuitOpenError):
        kettle.call(fine)
    assert kettle.call(fine) == "fine"
    assert kettle.breaker.view().window_failures == 1
    with obeying(handle(kettle), minimum_calls=1, failure_percent=30.0):
        kettle.call(fine)
        assert kettle.breaker.current_state == "open"
        with obeying(handle(kettle), resets=1):
            assert kettle.call(fine) == "fine"
            assert kettle.breaker.view().window_calls == 1


def test_the_latest_policy_has_the_last_word_and_listeners_may_call(kettle: Pipeline) -> None:
    class Meddler(pybreaker.CircuitBreakerListener):
        """Changes the policy while another change is being obeyed."""

        def state_change(self, cb: Any, old_state: Any, new_state: Any) -> None:
            if new_state.name == "disabled":
                kettle.handle.swap(State(policy=replace(kettle.handle.current, mode=Mode.AUTOMATIC)))
                kettle.call(fine)

    kettle.breaker.add_listener(Meddler())
    with obeying(handle(kettle), mode=Mode.DISABLED):
        kettle.obey()
        assert kettle.breaker.current_state == "closed"


async def test_a_coroutine_without_bounds_has_none_and_past_its_deadline_is_not_begun(kettle: Pipeline) -> None:
    async def ends() -> float:
        return ends_at.get()

    with obeying(handle(kettle), deadline_seconds=0.0, attempt_seconds=0.0):
        assert await kettle.call_async(ends) == math.inf
        step = steps.with_timeout_async(steps.called, 5.0)
        with Deadline(0.0), pytest.raises(DeadlineError):
            await step(ends, (), {})


async def test_a_stream_may_be_any_iterable(kettle: Pipeline) -> None:
    class Pieces:
        def __init__(self) -> None:
            self.left = [1, 2]

        def __aiter__(self) -> "Pieces":
            return self

        async def __anext__(self) -> int:
            if not self.left:
                raise StopAsyncIteration
            return self.left.pop(0)

    assert await collected(kettle.stream(Pieces)) == [1, 2]


def test_steps_that_are_off_are_not_there(kettle: Pipeline) -> None:
    with obeying(handle(kettle), has_bulkhead=False, deadline_seconds=0.0, attempt_seconds=0.0, attempts=1):
        assert kettle.idempotent.call(ends_at.get) == math.inf
        assert kettle.call(lambda: kettle.parts.bulkhead.under_way) == 0


def test_the_fallback_answers_and_says_so(kettle: Pipeline) -> None:
    def excluded() -> str:
        raise KeyError("business")

    guarded = kettle.otherwise(lambda error: f"cold ({type(error).__name__})")
    with degradation.collecting() as degraded:
        assert guarded.call(fine) == "fine"
        assert degraded == []
        assert guarded.call(broken) == "cold (BrokenError)"
        assert kettle.idempotent.otherwise(lambda _: "none").call(broken) == "none"
        with pytest.raises(KeyError):
            guarded.call(excluded)
        kettle.breaker.open()
        assert guarded.call(fine) == "cold (CircuitOpenError)"
    assert (degraded, kettle.fallbacks) == (["kettle"], 3)
    degradation.note("nobody listens")


async def test_the_fallback_answers_coroutines(kettle: Pipeline) -> None:
    async def fails() -> str:
        raise BrokenError

    async def works() -> str:
        return "hot"

    assert await kettle.otherwise(lambda _: "cold").call_async(fails) == "cold"
    assert await kettle.otherwise(lambda _: "cold").call_async(works) == "hot"


async def counting() -> AsyncIterator[int]:
    for number in range(3):
        yield number


async def collected(stream: AsyncIterator[int]) -> list[int]:
    return [piece async for piece in stream]


async def test_streams_are_calls_that_hold_their_place_until_the_end(kettle: Pipeline) -> None:
    stream = kettle.stream(counting, is_complete=lambda last: last == 2)
    held = [kettle.parts.bulkhead.under_way async for _ in stream]
    assert held == [1, 1, 1]
    assert (kettle.parts.bulkhead.under_way, kettle.breaker.view().successes) == (0, 1)
    with obeying(handle(kettle), has_bulkhead=False):
        assert await collected(kettle.stream(counting)) == [0, 1, 2]


async def test_a_stream_that_is_cut_is_a_failure_as_the_policy_says(kettle: Pipeline) -> None:
    def stream() -> AsyncIterator[int]:
        return kettle.stream(counting, is_complete=lambda last: last == 9)

    with pytest.raises(TruncatedError):
        await collected(stream())
    assert kettle.breaker.view().failures == 1
    with obeying(handle(kettle), is_cut_a_failure=False), pytest.raises(TruncatedError):
        await collected(stream())
    assert kettle.breaker.view().failures == 1


async def test_a_stream_is_bounded_by_its_first_piece_and_its_pauses(kettle: Pipeline) -> None:
    async def pausing(before: float, between: float) -> AsyncIterator[int]:
        await asyncio.sleep(before)
        yield 1
        await asyncio.sleep(between)
        yield 2

    with obeying(handle(kettle), attempt_seconds=0.05, deadline_seconds=0.05, idle_seconds=0.1):
        with pytest.raises(AttemptTimeoutError, match="no first piece"):
            await collected(kettle.stream(lambda: pausing(30, 0)))
        with pytest.raises(AttemptTimeoutError, match="no further piece"):
            await collected(kettle.stream(lambda: pausing(0, 30)))
        assert await collected(kettle.stream(lambda: pausing(0, 0.07))) == [1, 2]  # longer than any call may be
    assert kettle.breaker.view().failures == 2


async def test_a_stream_is_begun_again_only_before_its_first_piece(kettle: Pipeline) -> None:
    begun: list[str] = []

    async def fragile() -> AsyncIterator[int]:
        begun.append("x")
        if len(begun) < 3:
            raise BrokenError
        yield 1
        raise BrokenError

    with pytest.raises(BrokenError):
        await collected(kettle.idempotent.stream(fragile))
    assert len(begun) == 3
    kettle.breaker.open()
    with pytest.raises(CircuitOpenError):
        await collected(kettle.idempotent.stream(fragile))
    assert await _first(pipeline("broker").idempotent.stream(counting)) == 0


async def _first(stream: AsyncIterator[int]) -> int:
    return await anext(stream)


async def test_a_reader_who_leaves_ends_the_stream_and_counts_as_nothing(kettle: Pipeline) -> None:
    ended: list[bool] = []

    async def endless() -> AsyncIterator[int]:
        try:
            while True:
                yield 1
        finally:
            ended.append(True)

    stream = kettle.idempotent.stream(endless)
    assert await anext(stream) == 1
    await stream.aclose()
    view = kettle.breaker.view()
    assert (ended, view.failures, view.ignored, kettle.parts.bulkhead.under_way) == ([True], 0, 1, 0)


async def test_a_read_that_dawdles_is_asked_a_second_time(kettle: Pipeline) -> None:
    asked: list[int] = []

    async def answer() -> int:
        asked.append(1)
        mine = len(asked)
        await asyncio.sleep(30 if mine == 1 else 0)
        return mine

    with obeying(handle(kettle), hedge_seconds=0.01):
        assert await kettle.reads.call_async(answer) == 2
        assert (kettle.breaker.view().successes, kettle.breaker.view().ignored) == (1, 1)
        kettle.parts.retry.account.tokens = 0
        asked.clear()
        with obeying(handle(kettle), attempt_seconds=0.05), pytest.raises(AttemptTimeoutError):
            await kettle.reads.call_async(answer)
    assert len(asked) == 1, "a hedge is paid from the retry budget"


async def test_a_hedge_raises_the_first_error_when_no_attempt_is_good(kettle: Pipeline) -> None:
    tried: list[int] = []

    async def fails() -> None:
        tried.append(1)
        await asyncio.sleep(0.02)
        raise BrokenError(len(tried))

    with obeying(handle(kettle), hedge_seconds=0.005, attempts=1), pytest.raises(BrokenError):
        await kettle.reads.call_async(fails)
    assert len(tried) == 2


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"places_least": 30, "places_at_start": 20}, "places_at_start"),
        ({"deadline_seconds": 1.0, "attempt_seconds": 2.0}, "attempt_seconds"),
        ({"recovery_seconds": 700.0}, "recovery_limit_seconds"),
        ({"minimum_calls": 200}, "minimum_calls"),
        ({"fault": "error", "fault_until": "2026-01-31 15:45"}, "fault"),
        ({"fault_until": "soon"}, "fault_until"),
    ],
)
def test_contradictions_are_refused_and_name_the_field(values: dict[str, Any], field: str) -> None:
    with pytest.raises(PolicyError) as caught:
        replace(pipeline("assistant").handle.default, **values)
    assert caught.value.field == field
