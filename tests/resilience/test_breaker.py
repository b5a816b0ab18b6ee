"""What opens a breaker, what closes it, and what a caller sees meanwhile."""

import asyncio
import logging
import traceback
from dataclasses import replace
from threading import Barrier, Thread
from typing import TYPE_CHECKING, Any

import pytest

from apps.resilience.breaker import Breaker, Mode, Rules
from apps.resilience.breaker.window import SIZE
from apps.resilience.exceptions import CircuitOpenError, RejectedError
from apps.resilience.signals import breaker_changed
from tests.resilience.virtual import BrokenError, Clock, broken, ended, fine, made, taking

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.mark.parametrize(
    ("pattern", "rules", "state"),
    [
        ("xxxx", {}, "closed"),
        ("xxxxx", {}, "open"),
        ("xxxx.xxxx", {"failure_rate": 0.0}, "closed"),
        ("x.x.xx.x.x" * 3, {"failures_in_a_row": 0}, "open"),  # 60%, interleaved
        (("." * 19 + "x") * 10, {}, "closed"),  # 5%
        ("....xxxxx", {"failures_in_a_row": 0}, "closed"),  # below the minimum of calls
        (".....xxxxx", {"failures_in_a_row": 0}, "open"),
        ("x" * 9 + ".", {"failures_in_a_row": 0}, "open"),  # the minimum is reached by a success
        ("s" * 9, {}, "closed"),
        ("s" * 10, {}, "open"),  # slow alone
        ("s" * 20, {"slow_rate": 0.0}, "closed"),
        ("xx" + "." * 98 + "." * 100, {"window_calls": 100}, "closed"),
        ("xxx", {"window_calls": 3, "failures_in_a_row": 0}, "open"),  # a window smaller than the minimum
        ("x" * 30, {"mode": Mode.METRICS_ONLY}, "metrics-only"),
        ("x" * 30, {"mode": Mode.DISABLED}, "disabled"),
        ("i" * 30, {}, "closed"),  # excluded errors are no failures
        ("xxxxiixi", {}, "open"),  # and no successes either
    ],
)
def test_opens_by_what_it_saw(clock: Clock, pattern: str, rules: dict[str, Any], state: str) -> None:
    def excluded() -> str:
        raise KeyError("business")

    breaker = Breaker("test", Rules(**rules), exclude=[KeyError], clock=clock, chance=lambda: 0)
    calls: dict[str, Callable[[], str]] = {".": fine, "x": broken, "s": taking(clock, 6), "i": excluded}
    for sign in pattern:
        ended(breaker, calls[sign])
    assert breaker.current_state == state


def test_the_defaults_are_those_that_are_documented() -> None:
    rules = Rules()
    assert (rules.failures_in_a_row, rules.window_calls, rules.minimum_calls, rules.failure_rate) == (5, 100, 10, 0.5)
    assert (rules.slow_seconds, rules.slow_rate) == (5.0, 0.8)
    assert (rules.recovery_seconds, rules.recovery_growth, rules.recovery_limit_seconds) == (60.0, 2.0, 600.0)
    assert (rules.probes, rules.probe_seconds, rules.successes_to_close) == (1, 60.0, 1)


def test_patience_has_no_end_of_numbers() -> None:
    rules = Rules(recovery_seconds=1, recovery_limit_seconds=5, recovery_jitter=0.5)
    assert [rules.pause_seconds(openings=number, chance=0) for number in (1, 2, 3, 4, 10_000)] == [1, 2, 4, 5, 5]
    assert rules.pause_seconds(openings=1, chance=0.5) == 1.25


def test_a_window_of_time_forgets_what_is_old(clock: Clock) -> None:
    breaker = made(clock, window_seconds=10, minimum_calls=4, failures_in_a_row=0)
    for _ in range(3):
        ended(breaker, broken)
    clock.pass_by(10)
    ended(breaker, broken)
    assert breaker.current_state == "closed"
    assert breaker.view().window_failures == 1
    for _ in range(3):
        ended(breaker, broken)
    assert breaker.current_state == "open"
    assert breaker.view().reason == "4 of 4 calls failed"


def test_open_rejects_without_calling_and_says_why_and_until_when(clock: Clock) -> None:
    breaker = made(clock, recovery_seconds=60)
    for _ in range(5):
        ended(breaker, broken)
    clock.pass_by(18)
    with pytest.raises(CircuitOpenError) as caught:
        breaker.call(fine)
    error = caught.value
    assert isinstance(error, RejectedError)
    assert (error.name, error.retry_after_seconds) == ("test", 42)
    assert str(error) == "test is open: 5 failures in a row. Next try in 42 s."
    assert breaker.view().rejected == 1


def test_each_rejection_is_its_own_error_with_a_short_traceback(clock: Clock) -> None:
    breaker = made(clock)
    breaker.open()
    errors = []
    for _ in range(3):
        try:
            breaker.call(fine)
        except CircuitOpenError as error:
            errors.append(error)
    assert len({id(error) for error in errors}) == 3
    assert [len(traceback.extract_tb(error.__traceback__)) for error in errors] == [3, 3, 3]
    assert errors[0].__context__ is None


def test_recovers_by_probes_and_grows_its_patience_up_to_the_limit(clock: Clock) -> None:
    breaker = made(clock, chance=0.5, recovery_seconds=60, recovery_jitter=0.1, recovery_limit_seconds=200)
    breaker.open()
    waits = []
    for _ in range(4):
        waits.append(breaker.view().next_probe_seconds)
        clock.pass_by(waits[-1])
        assert ended(breaker, broken) == "BrokenError"
    assert waits == pytest.approx([63, 126, 210, 210])
    clock.pass_by(210)
    assert ended(breaker, fine) == "fine"
    assert breaker.current_state == "closed"
    breaker.open()
    assert breaker.view().next_probe_seconds == pytest.approx(63)


def test_half_open_lets_no_more_pass_than_are_needed(clock: Clock) -> None:
    breaker = made(clock, probes=3, successes_to_close=4)
    breaker.open()
    clock.pass_by(60)
    held = [breaker.admit() for _ in range(3)]
    assert ended(breaker, fine) == "CircuitOpenError"
    for passed in held:
        breaker.note(passed, 0.1, is_failure=False)
    last = breaker.admit()
    assert ended(breaker, fine) == "CircuitOpenError"  # one more success is needed: one more may try
    breaker.note(last, 0.1, is_failure=False)
    assert breaker.current_state == "closed"


def test_a_lost_probe_is_replaced_after_its_deadline_and_its_late_result_ignored(clock: Clock) -> None:
    breaker = made(clock, probe_seconds=5)
    breaker.open()
    clock.pass_by(60)
    lost = breaker.admit()
    clock.pass_by(4)
    assert ended(breaker, fine) == "CircuitOpenError"
    clock.pass_by(1)
    breaker.note(lost, 6, is_failure=True)
    assert (breaker.current_state, breaker.view().late) == ("half-open", 1)
    assert ended(breaker, fine) == "fine"
    assert breaker.current_state == "closed"


def test_a_slow_probe_opens_again(clock: Clock) -> None:
    breaker = made(clock, slow_seconds=2)
    breaker.open()
    clock.pass_by(60)
    assert ended(breaker, taking(clock, 2)) == "late"
    assert (breaker.current_state, breaker.view().reason) == ("open", "a probe was slow")


def test_a_slow_probe_is_as_good_as_any_where_slowness_is_not_judged(clock: Clock) -> None:
    breaker = made(clock, slow_seconds=2, slow_rate=0.0)
    breaker.open()
    clock.pass_by(60)
    assert ended(breaker, taking(clock, 2)) == "late"
    assert breaker.current_state == "closed"


def test_late_results_of_an_earlier_generation_count_nothing(clock: Clock) -> None:
    breaker = made(clock)
    early = [breaker.admit() for _ in range(9)]
    breaker.open()
    breaker.close()
    for passed in early:
        breaker.note(passed, 1, is_failure=True)
    assert (breaker.current_state, breaker.view().window_calls, breaker.view().late) == ("closed", 0, 9)


@pytest.mark.parametrize("error", [asyncio.CancelledError(), KeyboardInterrupt(), GeneratorExit(), SystemExit(1)])
def test_cancellation_and_the_end_of_the_process_count_as_nothing(clock: Clock, error: BaseException) -> None:
    def interrupted() -> None:
        raise error

    breaker = made(clock, failures_in_a_row=1)
    with pytest.raises(type(error)):
        breaker.call(interrupted)
    breaker.open()
    clock.pass_by(60)
    with pytest.raises(type(error)):
        breaker.call(interrupted)
    assert breaker.current_state == "half-open"
    assert breaker.call(fine) == "fine", "a cancelled probe must give its permit back"
    assert breaker.view().ignored == 2


def test_results_can_be_failures(clock: Clock) -> None:
    breaker = Breaker("test", Rules(), is_bad_result=lambda status: status >= 500, clock=clock)
    for status in (200, 503, 503, 503, 503, 503):
        assert breaker.call(lambda status=status: status) == status
    assert breaker.current_state == "open"


def test_thresholds_change_while_it_runs_and_window_and_state_stay(clock: Clock) -> None:
    breaker = made(clock, failures_in_a_row=0, minimum_calls=50, slow_seconds=5)
    for _ in range(12):
        ended(breaker, broken)
        ended(breaker, taking(clock, 3))
    breaker.change(replace(breaker.rules, slow_seconds=2.0, window_calls=20, slow_rate=0.9))
    view = breaker.view()
    assert (view.state, view.window_calls, view.window_failures, view.window_slow) == ("closed", 20, 10, 10)
    breaker.change(replace(breaker.rules, minimum_calls=10))
    ended(breaker, broken)
    assert breaker.current_state == "open"
    breaker.change(replace(breaker.rules, recovery_seconds=5.0))
    assert breaker.view().next_probe_seconds == 5
    assert breaker.current_state == "open"


@pytest.mark.parametrize(
    ("mode", "answer"), [(Mode.FORCED_OPEN, "CircuitOpenError"), (Mode.DISABLED, "fine"), (Mode.METRICS_ONLY, "fine")]
)
def test_staff_lay_a_mode_over_the_state_and_take_it_away_again(clock: Clock, mode: Mode, answer: str) -> None:
    breaker = made(clock)
    breaker.open()
    breaker.change(replace(breaker.rules, mode=mode))
    assert breaker.current_state == mode.value
    assert ended(breaker, fine) == answer
    breaker.change(replace(breaker.rules, mode=Mode.AUTOMATIC))
    assert breaker.current_state == "open"
    clock.pass_by(60)
    assert ended(breaker, fine) == "fine"
    assert breaker.current_state == "closed"


def test_a_change_of_mode_is_told_and_leaves_calls_under_way_behind_a_change_of_thresholds_does_not(
    clock: Clock,
) -> None:
    heard: list[str] = []

    def hear(*, transition: Any, **_: Any) -> None:
        heard.append(f"{transition.old} to {transition.new}")

    breaker = made(clock)
    breaker_changed.connect(hear)
    passed = breaker.admit()
    breaker.change(replace(breaker.rules, minimum_calls=3))
    breaker.note(passed, 1, is_failure=True)
    assert (breaker.view().window_failures, heard) == (1, [])
    passed = breaker.admit()
    breaker.change(replace(breaker.rules, mode=Mode.METRICS_ONLY))
    breaker.note(passed, 1, is_failure=True)
    assert (breaker.view().window_failures, breaker.view().late) == (1, 1)
    assert heard == ["closed to metrics-only"]


def test_a_breaker_that_only_measures_says_when_it_would_have_opened(clock: Clock) -> None:
    breaker = made(clock, mode=Mode.METRICS_ONLY)
    for _ in range(5):
        assert ended(breaker, broken) == "BrokenError"
    assert breaker.view().would_open == "5 failures in a row"


def test_forced_open_asks_to_come_back_later(clock: Clock) -> None:
    with pytest.raises(CircuitOpenError) as caught:
        made(clock, mode=Mode.FORCED_OPEN).call(fine)
    assert caught.value.retry_after_seconds == 30


async def test_coroutines_go_through_the_same_machine(clock: Clock) -> None:
    breaker = made(clock)

    async def answer(value: int) -> int:
        await asyncio.sleep(0)
        return value

    async def fails() -> None:
        raise BrokenError

    assert await breaker.call_async(answer, 3) == 3
    for _ in range(5):
        with pytest.raises(BrokenError):
            await breaker.call_async(fails)
    with pytest.raises(CircuitOpenError):
        await breaker.call_async(answer, 3)
    assert ended(breaker, fine) == "CircuitOpenError"


async def test_a_cancelled_probe_frees_its_place(clock: Clock) -> None:
    breaker = made(clock)
    breaker.open()
    clock.pass_by(60)
    probe = asyncio.ensure_future(breaker.call_async(asyncio.sleep, 60))
    await asyncio.sleep(0)
    assert breaker.view().probes_out == 1
    probe.cancel()
    with pytest.raises(asyncio.CancelledError):
        await probe
    assert (breaker.view().probes_out, breaker.current_state) == (0, "half-open")


def test_blocks_and_streams_are_calls(clock: Clock) -> None:
    breaker = made(clock, slow_seconds=2, minimum_calls=3)
    with breaker.calling() as call:
        clock.pass_by(1)
        call.answered()
        clock.pass_by(60)  # a long answer is not a slow one
    assert breaker.view().window_slow == 0
    with breaker.calling() as call:
        call.broken()
    with pytest.raises(BrokenError), breaker.calling():
        broken()
    assert breaker.view().window_failures == 2
    assert breaker.current_state == "open"
    with pytest.raises(CircuitOpenError), breaker.calling():
        raise AssertionError("never entered")


async def test_decorates_functions_and_coroutine_functions(clock: Clock) -> None:
    breaker = made(clock)

    @breaker
    def double(number: int) -> int:
        """Twice."""
        return 2 * number

    @breaker()
    async def triple(number: int) -> int:
        return 3 * number

    assert (double(4), await triple(4), double.__doc__) == (8, 12, "Twice.")
    assert breaker.view().successes == 2


def test_no_lock_is_held_while_user_code_runs(clock: Clock) -> None:
    breaker, together = made(clock), Barrier(8)
    threads = [Thread(target=breaker.call, args=(together.wait, 10)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert (breaker.view().successes, together.broken) == (8, False)


def test_threads_lose_no_outcome(clock: Clock) -> None:
    breaker = made(clock, failures_in_a_row=0, failure_rate=0)
    threads = [
        Thread(target=lambda call=call: [ended(breaker, call) for _ in range(2000)]) for call in (fine, broken, fine)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    view = breaker.view()
    assert (view.successes, view.failures, view.window_calls) == (4000, 2000, 100)


def test_the_tape_wraps_without_losing_count(clock: Clock) -> None:
    breaker = made(clock, window_seconds=1e9, failures_in_a_row=0, failure_rate=0)
    for _ in range(SIZE):
        breaker.note(breaker.admit(), 0.1, is_failure=True)
    for _ in range(10):
        breaker.note(breaker.admit(), 0.1, is_failure=False)
    view = breaker.view()
    assert (view.window_calls, view.window_failures) == (SIZE, SIZE - 10)


def test_changes_are_told_to_watchers_and_the_log(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    heard: list[tuple[str, str, str]] = []

    def hear(*, name: str, transition: Any, **_: Any) -> None:
        heard.append((name, transition.old, transition.new))

    breaker_changed.connect(hear)
    with caplog.at_level(logging.WARNING):
        breaker = made(clock)
        breaker.open()
        breaker.half_open()
        breaker.close()
    assert heard == [("test", "closed", "open"), ("test", "open", "half-open"), ("test", "half-open", "closed")]
    assert "test: open, was closed (opened by hand)" in caplog.text
