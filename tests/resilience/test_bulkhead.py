"""Places under way, the queue before them, and the limit that is found by how long calls take."""

import asyncio
from threading import Event, Thread
from typing import Any

import pytest

from apps.resilience.bulkhead.bulkhead import Bulkhead
from apps.resilience.bulkhead.gradient import Bounds, Gradient
from apps.resilience.bulkhead.waiter import LoopWaiter
from apps.resilience.deadline import Deadline
from apps.resilience.exceptions import BulkheadFullError, DeadlineError
from tests.servers.deadline import eventually


def bulkhead(places: int = 1, *, queue: int = 2, seconds: float = 5.0) -> Bulkhead:
    return Bulkhead("b", fixed(places), queue_max=queue, queue_seconds=seconds)


def fixed(places: int) -> Bounds:
    return Bounds(initial=places, minimum=places, maximum=places)


def entering(one: Bulkhead, order: list[int], number: int) -> Thread:
    """Queue a thread and return once it waits."""

    def enter() -> None:
        since = one.enter()
        order.append(number)
        one.leave(since, is_sample=False)

    thread = Thread(target=enter)
    thread.start()
    eventually(lambda: one.waiting == number)
    return thread


def test_places_go_to_who_waits_longest() -> None:
    one, order = bulkhead(), list[int]()
    since = one.enter()
    threads = [entering(one, order, number) for number in (1, 2)]
    with pytest.raises(BulkheadFullError, match="1 calls are under way, 2 wait"):
        one.enter()
    one.leave(since, is_sample=False)
    for thread in threads:
        thread.join()
    assert (order, one.under_way, one.waiting, one.rejected) == ([1, 2], 0, 0, 1)


def test_waiting_has_an_end() -> None:
    one = bulkhead(seconds=0.02)
    one.enter()
    with pytest.raises(BulkheadFullError, match=r"within 0\.02 s"):
        one.enter()
    with Deadline(0), pytest.raises(DeadlineError):
        one.enter()
    assert (one.waiting, one.under_way) == (0, 1)


async def test_coroutines_wait_in_the_same_queue() -> None:
    one, let_go, order = bulkhead(), Event(), list[str]()

    def hold() -> None:
        since = one.enter()
        let_go.wait(10)
        one.leave(since, is_sample=False)

    thread = Thread(target=hold)
    thread.start()
    eventually(lambda: one.under_way == 1)

    async def enter(name: str) -> None:
        since = await one.enter_async()
        order.append(name)
        one.leave(since, is_sample=False)

    tasks = [asyncio.ensure_future(enter(name)) for name in ("a", "b")]
    await asyncio.sleep(0)
    assert one.waiting == 2
    let_go.set()
    await asyncio.gather(*tasks)
    thread.join()
    assert (order, one.under_way) == (["a", "b"], 0)


async def test_a_coroutine_that_is_cancelled_leaves_the_queue_or_hands_its_place_on() -> None:
    one = bulkhead()
    since = await one.enter_async()
    waiting, heir = (asyncio.ensure_future(one.enter_async()) for _ in range(2))
    await asyncio.sleep(0)
    one.leave(since, is_sample=False)  # the place is handed to the first, who is cancelled before it hears
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    later = await heir
    another = asyncio.ensure_future(one.enter_async())
    await asyncio.sleep(0)
    another.cancel()
    with pytest.raises(asyncio.CancelledError):
        await another
    one.leave(later, is_sample=False)
    assert (one.under_way, one.waiting) == (0, 0)


async def test_a_coroutine_waits_no_longer_than_it_may() -> None:
    one = bulkhead(seconds=0.01)
    await one.enter_async()
    with pytest.raises(BulkheadFullError):
        await one.enter_async()
    assert one.waiting == 0


def test_a_loop_that_has_ended_gets_no_place() -> None:
    one, waiters = bulkhead(), list[Any]()

    async def line_up() -> None:
        waiters.append(LoopWaiter())

    since = one.enter()
    asyncio.run(line_up())
    one._queue.extend(waiters)
    one.leave(since, is_sample=False)
    assert (one.under_way, one.waiting) == (0, 0)


def test_a_raised_limit_lets_those_who_wait_in() -> None:
    one, order = bulkhead(), list[int]()
    since = one.enter()
    thread = entering(one, order, 1)
    one.change(fixed(2), queue_max=2, queue_seconds=5)
    thread.join()
    assert order == [1]
    one.change(fixed(1), queue_max=2, queue_seconds=5)
    one.leave(since, is_sample=False)
    assert one.under_way == 0


def test_a_lowered_limit_waits_for_places_to_be_left() -> None:
    one = bulkhead(3)
    held = [one.enter() for _ in range(3)]
    one.change(fixed(1), queue_max=0, queue_seconds=5)
    one.leave(held.pop(), is_sample=False)
    with pytest.raises(BulkheadFullError):
        one.enter()
    for since in held:
        one.leave(since, is_sample=False)
    assert one.under_way == 0


BOUNDS = Bounds(initial=20, minimum=4, maximum=100, window_calls=10)


def after(gradient: Gradient, seconds: float, *, windows: int, under_way: int) -> int:
    for _ in range(windows * 10):
        gradient.add(seconds, under_way)
    return gradient.limit


def test_the_limit_rises_while_calls_take_as_long_as_ever() -> None:
    assert after(Gradient(BOUNDS), 0.1, windows=200, under_way=100) == 100


def test_the_limit_falls_when_calls_take_longer_and_recovers() -> None:
    gradient = Gradient(BOUNDS)
    usual = after(gradient, 0.1, windows=20, under_way=100)
    slow = after(gradient, 1.0, windows=20, under_way=100)
    assert slow < usual / 2
    assert after(gradient, 0.1, windows=50, under_way=100) > usual


def test_the_limit_follows_the_published_steps() -> None:
    gradient = Gradient(Bounds(initial=20, minimum=4, maximum=100, window_calls=2))
    limits = []
    for _ in range(10):
        gradient.add(0.1, 20)
        limits.append(gradient.limit)
    assert limits == [20, 20, 20, 21, 21, 22, 22, 23, 23, 24]  # four more wanted each window, a fifth of it given
    for _ in range(2):
        gradient.add(0.25, 20)
    usual = 0.1 + (0.25 - 0.1) * 2 / 601
    assert gradient._limit == pytest.approx(24 * 0.8 + (24 * 1.5 * usual / 0.25 + 4) * 0.2)
    assert Bounds().minimum == 4


def test_the_usual_comes_down_quickly_once_calls_are_fast_again() -> None:
    gradient = Gradient(Bounds(initial=20, minimum=4, maximum=100, window_calls=1))
    gradient.add(1.0, 20)
    gradient.add(0.1, 20)
    assert gradient._long == pytest.approx((1.0 + (0.1 - 1.0) * 2 / 601) * 0.95)


def test_nothing_is_learned_while_nobody_wants_more() -> None:
    assert after(Gradient(BOUNDS), 0.1, windows=50, under_way=9) == 20
    wanted = Gradient(BOUNDS)
    after(wanted, 0.1, windows=1, under_way=10)
    assert wanted._limit > 20


def test_the_limit_stays_within_its_bounds_and_keeps_what_was_learned() -> None:
    gradient = Gradient(BOUNDS)
    after(gradient, 0.001, windows=3, under_way=100)
    assert after(gradient, 10.0, windows=200, under_way=100) >= 4
    learned = gradient.limit
    gradient.rebound(Bounds(initial=50, minimum=4, maximum=200))
    assert gradient.limit == learned
    gradient.rebound(fixed(2))
    assert gradient.limit == 2


def test_calls_tell_the_bulkhead_how_long_they_took() -> None:
    one = Bulkhead("b", Bounds(initial=2, minimum=1, maximum=50, window_calls=2), queue_max=0, queue_seconds=1)
    for _ in range(20):
        held = [one.enter() for _ in range(min(2, one.limit))]
        for since in held:
            one.leave(since, is_sample=True)
    assert one.limit != 2
