"""Who is asked again, when, and what the budget bears."""

import asyncio
from collections.abc import Callable
from email.utils import formatdate
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.resilience.deadline import Deadline
from apps.resilience.exceptions import BulkheadFullError, CircuitOpenError, DeadlineError, RejectedError
from apps.resilience.retry.advice import asked_seconds, is_worth_retrying
from apps.resilience.retry.budget import Account, Budget
from apps.resilience.retry.retry import Patience, Retry
from tests.resilience.virtual import BrokenError, Clock


class Pauses:
    """Sleeps in virtual time, and keeps how long."""

    def __init__(self, clock: Clock) -> None:
        self.clock, self.slept = clock, list[float]()

    def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.clock.pass_by(seconds)


def retry(pauses: Pauses, *, chance: float = 1.0, attempts: int = 5, budget: Budget | None = None) -> Retry:
    patience = Patience(attempts=attempts, first_seconds=0.1, limit_seconds=1.0)
    wanted = budget or Budget(least=100)
    return Retry(patience, wanted, clock=pauses.clock, chance=lambda: chance, sleep=pauses)


def failing(error: Exception) -> Callable[[], Any]:
    def call() -> None:
        raise error

    return call


def refused(seconds: str) -> Exception:
    error = BrokenError("429")
    error.response = SimpleNamespace(headers={"retry-after": seconds})  # type: ignore[attr-defined]  # as openai's errors
    return error


def test_pauses_double_up_to_the_limit_and_each_is_drawn() -> None:
    pauses = Pauses(Clock())
    with pytest.raises(BrokenError):
        retry(pauses, attempts=7).again(BrokenError(), failing(BrokenError()))
    assert pauses.slept == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.0, 1.0])
    drawn = Pauses(Clock())
    with pytest.raises(BrokenError):
        retry(drawn, chance=0.25, attempts=3).again(BrokenError(), failing(BrokenError()))
    assert drawn.slept == pytest.approx([0.025, 0.05])


def test_what_the_other_side_asks_for_is_waited() -> None:
    pauses = Pauses(Clock())
    answers = [refused("7")]

    def call() -> str:
        if answers:
            raise answers.pop()
        return "fine"

    assert retry(pauses).again(refused("3"), call) == "fine"
    assert pauses.slept == [3, 7]


def test_a_pause_that_outlasts_the_deadline_is_not_begun() -> None:
    clock = Clock()
    pauses = Pauses(clock)
    with Deadline(5, clock=clock), pytest.raises(BrokenError):
        retry(pauses).again(refused("6"), failing(BrokenError()))
    assert pauses.slept == []


def test_an_error_that_is_not_worth_it_ends_the_tries() -> None:
    pauses = Pauses(Clock())
    with pytest.raises(DeadlineError):
        retry(pauses).again(BrokenError(), failing(DeadlineError()))
    assert len(pauses.slept) == 1


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (BrokenError(), True),
        (TimeoutError(), True),
        (CircuitOpenError(), False),
        (BulkheadFullError("full", 1), False),
        (DeadlineError(), False),
        (asyncio.CancelledError(), False),
    ],
)
def test_what_is_worth_retrying(error: BaseException, expected: bool) -> None:
    assert is_worth_retrying(error) is expected


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (BrokenError(), 0),
        (BulkheadFullError("full", 2.5), 2.5),
        (RejectedError(), 1),
        (refused("12"), 12),
        (refused("-3"), 0),
        (refused("soon"), 0),
        (refused(formatdate(1_000_030, usegmt=True)), 30),
        (refused(formatdate(999_000, usegmt=True)), 0),
    ],
)
def test_how_long_the_other_side_asks_to_wait(error: Exception, seconds: float) -> None:
    assert asked_seconds(error, clock=lambda: 1_000_000) == seconds


def test_the_quota_pays_more_for_timeouts_and_successes_give_it_back() -> None:
    account = Account(Budget(quota=20, least=100))
    assert account.take(0, is_timeout=True)
    assert account.take(0, is_timeout=False)
    assert account.take(0, is_timeout=False)
    assert not account.take(0, is_timeout=False)
    for _ in range(5):
        account.succeeded()
    assert account.take(0, is_timeout=False)
    for _ in range(50):
        account.called(0, is_success=True)
    assert (account.tokens, account.retries, account.refused) == (20, 4, 1)


def test_retries_are_a_share_of_the_calls_rounded_down() -> None:
    account = Account(Budget(least=0))
    for _ in range(24):
        account.called(5.0, is_success=False)
    assert [account.take(5.0, is_timeout=False) for _ in range(6)] == [True] * 4 + [False] * 2
    account.called(5.0, is_success=False)
    assert account.take(5.0, is_timeout=False), "the twenty-fifth call bears the fifth retry"


def test_calls_count_for_as_long_as_the_window() -> None:
    account = Account(Budget(least=0, share=0.5, window_seconds=5.0))
    for _ in range(4):
        account.called(100.0, is_success=False)
    assert account.take(104.4, is_timeout=False)
    assert not account.take(105.1, is_timeout=False)


def test_the_budget_is_the_published_one() -> None:
    budget = Budget()
    assert (budget.quota, budget.retry_cost, budget.timeout_cost) == (500, 5, 10)
    assert (budget.share, budget.least, budget.window_seconds) == (0.2, 3, 10.0)


def test_a_changed_budget_keeps_what_was_spent() -> None:
    account = Account(Budget(quota=20, least=100))
    account.take(0, is_timeout=True)
    account.change(Budget(quota=50, least=100))
    assert account.tokens == 40
    account.change(Budget(quota=5))
    assert account.tokens == 0


@given(gaps=st.lists(st.floats(0, 0.5), min_size=20, max_size=300), share=st.sampled_from([0.1, 0.2, 0.5]))
def test_no_ten_seconds_bear_more_than_their_share(gaps: list[float], share: float) -> None:
    account, now, calls, retries = Account(Budget(share=share, quota=10**6)), 100.0, list[float](), list[float]()
    for gap in gaps:
        now += gap
        account.called(now, is_success=False)
        calls.append(now)
        if account.take(now, is_timeout=False):
            retries.append(now)
            borne = max(3, share * sum(at > now - 10 for at in calls))
            assert sum(at > now - 9 for at in retries) <= borne


def test_a_storm_of_retries_is_a_fifth_of_the_calls() -> None:
    """An upstream at 50% errors gets no more than 1.2 times what was offered."""
    clock = Clock()
    pauses = Pauses(clock)
    one = retry(pauses, chance=0.0, attempts=3, budget=Budget())
    offered, seen = 5_000, 0

    def upstream() -> str:
        nonlocal seen
        seen += 1
        if seen % 2:
            raise BrokenError
        return "fine"

    for _ in range(offered):
        clock.pass_by(0.01)
        try:
            upstream()
        except BrokenError as error:
            one.called(is_success=False)
            try:
                one.again(error, upstream)
            except BrokenError:
                continue
        else:
            one.called(is_success=True)
    assert offered * 1.1 < seen <= offered * 1.2


async def test_coroutines_pause_alike() -> None:
    slept: list[float] = []

    async def pause(seconds: float) -> None:
        slept.append(seconds)

    async def fails() -> None:
        raise BrokenError

    one = Retry(Patience(attempts=3), Budget(), chance=lambda: 1.0, sleep_async=pause)
    with pytest.raises(BrokenError):
        await one.again_async(BrokenError(), fails)
    assert slept == pytest.approx([0.1, 0.2])
