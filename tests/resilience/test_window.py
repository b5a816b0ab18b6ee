"""The window's edges: what is still in it, what is just out, and what new bounds make of the tape."""

from apps.resilience.breaker.rules import Rules
from apps.resilience.breaker.verdict import reason_to_open
from apps.resilience.breaker.window import FAILED, SIZE, SLOW, SUCCESS, Window


def window(**bounds: float) -> Window:
    return Window(**{"calls": 4, "seconds": 0.0, "slow_after": 1.0, **bounds})  # type: ignore[arg-type]


def fed(one: Window, outcomes: str, *, since: float = 0.0) -> Window:
    """Add one outcome a second: a success, a failure (x), a slow one (s), or both (b)."""
    for number, sign in enumerate(outcomes):
        one.add(now=since + number, seconds=2.0 if sign in "sb" else 0.5, is_failure=sign in "xb")
    return one


def state(one: Window) -> tuple[int, int, int]:
    return one.calls, one.failures, one.slow


def test_an_outcome_has_its_bits_and_just_slow_is_slow() -> None:
    one = window()
    assert one.add(now=0, seconds=0.999, is_failure=False) == SUCCESS
    assert one.add(now=0, seconds=1.0, is_failure=False) == SLOW
    assert one.add(now=0, seconds=0.1, is_failure=True) == FAILED
    assert one.add(now=0, seconds=5.0, is_failure=True) == FAILED | SLOW
    assert state(one) == (4, 2, 2)


def test_by_count_the_oldest_goes_when_one_comes_and_not_before() -> None:
    one = fed(window(), "xs..")
    assert state(one) == (4, 1, 1)
    assert [state(fed(one, "."))[1:], state(fed(one, "."))[1:]] == [(0, 1), (0, 0)]
    assert one.calls == 4


def test_after_a_clearing_it_fills_anew_to_its_whole_size() -> None:
    one = fed(window(), "xxxx")
    one.clear()
    assert state(one) == (0, 0, 0)
    assert state(fed(one, "x.x.")) == (4, 2, 0)


def test_by_time_what_is_exactly_as_old_as_the_window_is_out() -> None:
    one = fed(window(seconds=3.0), "xxxxx")
    assert state(one) == (3, 3, 0)
    one.slide(5.5)
    assert one.calls == 2
    one.slide(100)
    assert state(one) == (0, 0, 0)


def test_new_bounds_judge_what_is_there_anew_and_nothing_from_before_the_clearing() -> None:
    one = fed(window(), "bbb")
    one.clear()
    fed(one, "xs.s", since=10)
    one.rebound(now=14, calls=100, seconds=0.0, slow_after=0.5)
    assert state(one) == (4, 1, 4), "exactly as slow as the new limit is slow"
    one.rebound(now=14, calls=2, seconds=0.0, slow_after=3.0)
    assert state(one) == (2, 0, 0)
    one.rebound(now=14, calls=100, seconds=2.5, slow_after=1.0)
    assert state(one) == (2, 0, 1)


def test_the_tape_has_all_from_a_moment_on_the_moment_included() -> None:
    one = fed(window(), "x.sb.")
    one.clear()
    assert list(one.tape(since=2.0)) == [(2.0, 2.0, False), (3.0, 2.0, True), (4.0, 0.5, False)]
    assert [is_failure for *_, is_failure in one.tape(since=0.0)] == [True, False, False, True, False]


def test_the_tape_forgets_no_more_than_it_must() -> None:
    one = window(calls=SIZE * 2)
    for number in range(SIZE + 3):
        one.add(now=number, seconds=0.0, is_failure=False)
    assert one.calls == SIZE
    kept = [at for at, *_ in one.tape(since=0)]
    assert (kept[0], kept[-1], len(kept)) == (3.0, SIZE + 2.0, SIZE)


def test_each_rule_opens_at_its_bound_and_not_below() -> None:
    slow = Rules(failures_in_a_row=0, failure_rate=0.0, slow_rate=0.5, minimum_calls=4, slow_seconds=1.0)
    assert reason_to_open(slow, fed(window(), "ss.."), 0) == "2 of 4 calls took 1 s or longer"
    assert reason_to_open(slow, fed(window(), "s..."), 0) == ""
    single = Rules(failures_in_a_row=0, failure_rate=0.0, slow_rate=0.25, minimum_calls=4, slow_seconds=1.0)
    assert reason_to_open(single, fed(window(), "s..."), 0) == "1 of 4 calls took 1 s or longer"
    failing = Rules(failures_in_a_row=0, failure_rate=0.5, slow_rate=0.0, minimum_calls=4)
    assert reason_to_open(failing, fed(window(), "xx.."), 0) == "2 of 4 calls failed"
    assert reason_to_open(failing, fed(window(), "xx."), 0) == "", "too few to judge by"
    assert reason_to_open(Rules(failures_in_a_row=3), fed(window(), ""), 3) == "3 failures in a row"
    assert reason_to_open(Rules(failures_in_a_row=3), fed(window(), ""), 2) == ""


def test_nothing_bad_opens_nothing_however_low_the_bound() -> None:
    lowest = Rules(failures_in_a_row=0, failure_rate=1e-12, slow_rate=1e-12, minimum_calls=0, window_calls=1)
    assert reason_to_open(lowest, fed(window(), "...."), 0) == ""
    assert reason_to_open(lowest, fed(window(), ""), 0) == ""
