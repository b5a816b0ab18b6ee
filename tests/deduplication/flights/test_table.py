"""Flights of one process: threads and loops that share, wait, leave and fail."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from apps.deduplication.exceptions import FlightError, FlightTimeoutError
from apps.deduplication.flights import errors
from apps.deduplication.flights.memory import MemoryStore
from apps.deduplication.flights.run import run, run_async
from apps.deduplication.flights.scope import Scope
from apps.deduplication.flights.table import Table
from apps.deduplication.flights.unshared import Unshared
from tests.deduplication.flights.crew import Crew, joined
from tests.servers.deadline import eventually


@pytest.fixture
def crew(table: Table, scope: Scope) -> Crew:
    """Callers with the usual policy."""
    return Crew(table, scope)


def test_threads_share_one_execution(crew: Crew) -> None:
    threads = [crew.thread() for _ in range(20)]
    crew.until_aboard(20)
    crew.opened.set()
    joined(threads)
    assert (crew.results, crew.runs) == ([b"v1"] * 20, 1)
    assert (crew.scope.tally.leaders, crew.scope.tally.waiters) == (1, 19)
    assert (sum(crew.scope.tally.wait_counts), crew.scope.size, crew.table.aloft()) == (19, 0, [])


async def test_coroutines_share_one_execution(crew: Crew) -> None:
    calls = [asyncio.create_task(crew.async_call()) for _ in range(200)]
    await crew.until_aboard_async(200)
    crew.opened.set()
    assert await asyncio.gather(*calls) == [b"v1"] * 200
    assert (crew.runs, crew.scope.tally.waiters) == (1, 199)


@pytest.mark.parametrize("leader", ["thread", "coroutine"])
async def test_threads_and_loops_share_one_flight(crew: Crew, leader: str) -> None:
    threads = [crew.thread()] if leader == "thread" else []
    calls = [] if threads else [asyncio.create_task(crew.async_call())]
    await crew.until_aboard_async(1)
    other = ThreadPoolExecutor(1)
    far = asyncio.get_running_loop().run_in_executor(other, lambda: asyncio.run(crew.async_call()))
    threads.append(crew.thread())
    calls.append(asyncio.create_task(crew.async_call()))
    await crew.until_aboard_async(4)
    crew.opened.set()
    assert await asyncio.gather(*calls, far) == [b"v1"] * (len(calls) + 1)
    await asyncio.to_thread(joined, threads)
    assert crew.results == [b"v1"] * len(threads)
    assert crew.runs == 1
    other.shutdown()


def test_keys_do_not_wait_for_each_other(table: Table, scope: Scope) -> None:
    slow, quick = Crew(table, scope), Crew(table, scope, key="other")
    thread = slow.thread()
    slow.until_aboard(1)
    quick.opened.set()
    assert quick.call() == b"v1"
    slow.opened.set()
    joined([thread])
    assert slow.results == [b"v1"]


def test_who_comes_after_the_end_runs_it_anew(crew: Crew) -> None:
    crew.opened.set()
    assert [crew.call(), crew.call()] == [b"v1", b"v2"]


def test_within_the_window_late_callers_get_the_kept_result(table: Table, scope: Scope) -> None:
    crew = Crew(table, scope, result_window_seconds=0.3)
    crew.opened.set()
    assert [crew.call(), crew.call(), asyncio.run(crew.async_call())] == [b"v1"] * 3
    assert scope.tally.replays == 2
    assert eventually(lambda: crew.call() == b"v2")


def test_a_waiting_thread_gives_up_after_its_time_and_runs_no_copy(table: Table, scope: Scope) -> None:
    crew = Crew(table, scope, wait_seconds=0.3, lease_seconds=0.2)
    leader = crew.thread()
    crew.until_aboard(1)
    with pytest.raises(FlightTimeoutError) as caught:
        crew.call()
    assert caught.value.retry_after > 0
    assert (crew.runs, scope.tally.timeouts) == (1, 1)
    crew.opened.set()
    joined([leader])
    assert crew.results == [b"v1"]


async def test_a_waiting_coroutine_gives_up_after_its_time_and_its_leader_does_not(table: Table, scope: Scope) -> None:
    crew = Crew(table, scope, wait_seconds=0.3, lease_seconds=0.2)
    leader = asyncio.create_task(crew.async_call())
    await crew.until_aboard_async(1)
    with pytest.raises(FlightTimeoutError):
        await crew.async_call()
    crew.opened.set()
    assert await leader == b"v1"


async def test_a_cancelled_caller_cancels_nobody_else(crew: Crew) -> None:
    leader, other = asyncio.create_task(crew.async_call()), asyncio.create_task(crew.async_call())
    await crew.until_aboard_async(2)
    leader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leader
    assert crew.waiting() == 1
    crew.opened.set()
    assert await other == b"v1"
    assert crew.runs == 1


async def test_the_last_to_leave_cancels_the_work_and_who_comes_then_begins_anew(crew: Crew) -> None:
    calls = [asyncio.create_task(crew.async_call()) for _ in range(2)]
    await crew.until_aboard_async(2)
    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)
    crew.opened.set()
    assert await crew.async_call() == b"v2"
    assert (crew.most, crew.current) == (1, 0)


@pytest.mark.parametrize("others", [0, 1])
async def test_work_cancelled_before_it_begins_leaves_no_key_taken(crew: Crew, others: int) -> None:
    def cancel() -> None:
        pilot: Any = crew.table.aloft()[0].flight.pilot
        assert not pilot.has_begun
        pilot.task.cancel()
        first.cancel()

    first = asyncio.create_task(crew.async_call())
    asyncio.get_running_loop().call_soon(cancel)
    crew.opened.set()
    calls = [asyncio.create_task(crew.async_call()) for _ in range(others)]
    await asyncio.gather(first, return_exceptions=True)
    assert first.cancelled()
    assert await asyncio.gather(*calls, crew.async_call())
    await asyncio.sleep(0)
    assert crew.table.aloft() == []


async def test_by_policy_work_that_everybody_left_goes_on(table: Table, scope: Scope) -> None:
    crew = Crew(table, scope, is_cancelled_when_left=False)
    call = asyncio.create_task(crew.async_call())
    await crew.until_aboard_async(1)
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)
    late = asyncio.create_task(crew.async_call())
    await crew.until_aboard_async(1)
    crew.opened.set()
    assert await late == b"v1"


class OddError(Exception):
    """Registered by the tests."""


errors.shareable("tests.odd", OddError)


def failing(error: BaseException) -> Callable[[int], bytes]:
    def fail(_: int) -> bytes:
        raise error

    return fail


@pytest.mark.parametrize(
    ("error", "kind"), [(OddError("field", 3), OddError), (KeyError("k"), FlightError), (OddError({1}), FlightError)]
)
def test_waiters_get_an_error_of_their_own(crew: Crew, error: Exception, kind: type[Exception]) -> None:
    crew.make = failing(error)
    threads = [crew.thread() for _ in range(3)]
    crew.until_aboard(3)
    crew.opened.set()
    joined(threads)
    assert crew.runs == 1
    assert sum(result is error for result in crew.results) == 1
    others = [result for result in crew.results if result is not error]
    assert [type(other) for other in others] == [kind] * 2
    assert others[0] is not others[1]
    assert kind is FlightError or others[0].args == error.args


def test_by_policy_those_who_waited_for_a_failure_try_one_after_the_other(table: Table, scope: Scope) -> None:
    crew = Crew(table, scope, errors="rerun")

    def second_time_lucky(number: int) -> bytes:
        if number == 1:
            raise OddError
        return b"v%d" % number

    crew.make = second_time_lucky
    threads = [crew.thread() for _ in range(4)]
    crew.until_aboard(4)
    crew.opened.set()
    joined(threads)
    assert crew.most == 1
    assert sum(isinstance(result, OddError) for result in crew.results) == 1
    assert all(result.startswith(b"v") for result in crew.results if isinstance(result, bytes))


async def test_what_may_not_be_shared_is_run_for_each_one_after_the_other(crew: Crew) -> None:
    crew.make = lambda number: Unshared(b"v%d" % number)
    calls = [asyncio.create_task(crew.async_call()) for _ in range(4)]
    await crew.until_aboard_async(4)
    crew.opened.set()
    assert sorted(await asyncio.gather(*calls)) == [b"v1", b"v2", b"v3", b"v4"]
    assert crew.most == 1


def test_a_result_over_its_bound_is_its_leaders_alone(table: Table, scope: Scope) -> None:
    crew = Crew(table, scope, value_bytes=1_000)
    crew.make = lambda _: b"x" * 1_001
    threads = [crew.thread() for _ in range(2)]
    crew.until_aboard(2)
    crew.opened.set()
    joined(threads)
    assert (crew.runs, crew.most) == (2, 1)
    assert [len(result) for result in crew.results] == [1_001] * 2


def test_work_that_returns_no_bytes_is_told_so(crew: Crew) -> None:
    crew.opened.set()
    crew.make = lambda _: "text"  # type: ignore[return-value, assignment]
    with pytest.raises(TypeError, match="returns bytes, not str"):
        crew.call()


def test_work_torn_down_in_a_thread_is_nobody_elses_outcome(crew: Crew) -> None:
    crew.make = lambda number: failing(SystemExit("torn"))(1) if number == 1 else b"v2"
    threads = [crew.thread() for _ in range(2)]
    crew.until_aboard(2)
    crew.opened.set()
    joined(threads)
    assert {str(result) for result in crew.results} == {"torn", "b'v2'"}


async def test_work_cancelled_from_outside_is_nobody_elses_outcome(crew: Crew) -> None:
    calls = [asyncio.create_task(crew.async_call()) for _ in range(2)]
    await crew.until_aboard_async(2)
    pilot: Any = crew.table.aloft()[0].flight.pilot
    pilot.task.cancel()
    await asyncio.gather(pilot.task, return_exceptions=True)
    crew.opened.set()
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert isinstance(results[0], asyncio.CancelledError)
    assert results[1] == b"v2"


def test_over_the_bound_of_the_table_work_runs_unshared_and_is_counted(table: Table, scope: Scope) -> None:
    first, second = Crew(table, scope, table_size=1), Crew(table, scope, key="other", table_size=1)
    thread = first.thread()
    first.until_aboard(1)
    second.opened.set()
    assert second.call() == b"v1"
    assert asyncio.run(second.async_call()) == b"v2"
    assert (scope.tally.unshared, scope.tally.overflows) == (2, 2)
    first.opened.set()
    joined([thread])
    assert scope.size == 0


def test_work_that_asks_for_its_own_key_does_not_wait_for_itself(table: Table, scope: Scope) -> None:
    policy, digest = scope.policy.current, scope.digest("k")
    inner = lambda: run(table, scope, digest, lambda: b"inner", policy=policy)  # noqa: E731
    assert run(table, scope, digest, inner, policy=policy) == b"inner"


async def test_a_coroutine_that_asks_for_its_own_key_does_not_wait_for_itself(table: Table, scope: Scope) -> None:
    policy, digest = scope.policy.current, scope.digest("k")

    async def work() -> bytes:
        return b"inner"

    async def outer() -> bytes:
        return await run_async(table, scope, digest, work, policy=policy)

    assert await run_async(table, scope, digest, outer, policy=policy) == b"inner"


def test_nested_flights_in_a_pool_of_equal_size_do_not_deadlock(table: Table, scope: Scope) -> None:
    size, begun = 8, time.monotonic()
    barrier = threading.Barrier(size)
    shared = Crew(table, scope, key="inner")
    shared.opened.set()

    def outer(number: int) -> bytes:
        def work() -> bytes:
            barrier.wait(10)
            return shared.call()

        return run(table, scope, scope.digest(f"outer{number}"), work, policy=scope.policy.current)

    with ThreadPoolExecutor(size) as pool:
        results = list(pool.map(outer, range(size)))
    assert len(results) == size
    assert shared.most == 1
    assert time.monotonic() - begun < scope.policy.current.wait_seconds


def test_a_thousand_waiters_cost_no_thread(table: Table, scope: Scope) -> None:
    crew = Crew(table, scope)

    async def storm() -> list[bytes]:
        pool = ThreadPoolExecutor(1)
        loop = asyncio.get_running_loop()

        async def work() -> bytes:
            return await loop.run_in_executor(pool, crew.work)

        call = lambda: run_async(table, scope, crew.digest, work, policy=crew.policy)  # noqa: E731
        calls = [asyncio.create_task(call()) for _ in range(1000)]
        await crew.until_aboard_async(1000)
        crew.opened.set()
        return await asyncio.gather(*calls)

    before = threading.active_count()
    assert set(asyncio.run(storm())) == {b"v1"}
    assert threading.active_count() <= before + 2
    assert crew.runs == 1


def test_after_a_forget_nobody_joins_and_who_waited_is_still_given_it(crew: Crew) -> None:
    old = [crew.thread() for _ in range(2)]
    crew.until_aboard(2)
    crew.table.forget(crew.scope, crew.digest, crew.policy)
    new = crew.thread()
    eventually(lambda: crew.runs == 2)
    crew.opened.set()
    joined([*old, new])
    assert sorted(crew.results) == [b"v1", b"v1", b"v2"]


def test_a_kept_result_is_forgotten(table: Table, scope: Scope) -> None:
    crew = Crew(table, scope, result_window_seconds=60.0)
    crew.opened.set()
    crew.call()
    table.forget(scope, crew.digest, crew.policy)
    assert crew.call() == b"v2"


def test_a_revoked_leader_keeps_its_result_and_the_others_begin_anew(crew: Crew) -> None:
    threads = [crew.thread() for _ in range(3)]
    crew.until_aboard(3)
    token = crew.table.aloft()[0].flight.round
    assert not crew.table.revoke(crew.digest, "another round")
    assert crew.table.revoke(crew.digest, token)
    assert not crew.table.revoke("unknown", token)
    eventually(lambda: crew.runs == 2)
    crew.until_aboard(2)
    crew.opened.set()
    joined(threads)
    assert sorted(crew.results) == [b"v1", b"v2", b"v2"]


def test_past_its_deadline_a_leader_is_succeeded_and_its_late_result_refused(table: Table, scope: Scope) -> None:
    crew = Crew(table, scope, deadline_seconds=0.5, lease_seconds=0.5)
    threads = [crew.thread() for _ in range(3)]
    crew.until_aboard(3)
    eventually(lambda: crew.runs == 2)
    crew.until_aboard(2)
    crew.opened.set()
    joined(threads)
    assert sorted(crew.results) == [b"v1", b"v2", b"v2"]
    spans = {one.token: one.let_go_ns for one in table.ring.take(ended_before_ns=time.monotonic_ns())}
    assert sorted(bool(moment) for moment in spans.values()) == [False, True]


def test_a_loop_that_ended_before_its_turn_makes_room_for_another(
    make_table: Callable[..., Table], scope: Scope
) -> None:
    store = MemoryStore(time.monotonic)
    far, near = Crew(make_table(store), scope), Crew(make_table(store), scope)
    leader = far.thread()
    far.until_aboard(1)
    loop = asyncio.new_event_loop()
    asleep = loop.create_task(near.async_call())
    loop.run_until_complete(asyncio.sleep(0.01))
    asleep.cancel = lambda *_: False  # type: ignore[method-assign]  # it is torn down, not told
    waiting = near.thread()
    eventually(lambda: near.waiting() == 2)
    loop.close()
    asleep._log_destroy_pending = False  # type: ignore[attr-defined]
    far.table.revoke(far.digest, far.table.aloft()[0].flight.round)
    eventually(lambda: near.runs + far.runs == 2)
    far.opened.set()
    near.opened.set()
    joined([leader, waiting])
    assert far.results == [b"v1"]
    assert near.results == [b"v1"]


def test_a_disabled_scope_and_a_bypass_run_unshared(scope: Scope) -> None:
    from tests.tuning.obeying import obeying

    async def work() -> bytes:
        return b"a"

    assert scope.run("k", lambda: b"x", is_shared=False) == b"x"
    assert asyncio.run(scope.run_async("k", work, is_shared=False)) == b"a"
    with obeying(scope.policy, is_enabled=False):
        assert scope.run("k", lambda: b"x") == b"x"
    assert (scope.tally.unshared, scope.tally.leaders) == (3, 0)


def test_scopes_name_flights_so_that_keys_cannot_be_told(scope: Scope, settings: Any) -> None:
    name = scope.digest("k")
    assert len(name) == 32
    assert scope.digest("k") == name != scope.digest("l")
    settings.SECRET_KEY = "another"
    assert scope.digest("k") != name
