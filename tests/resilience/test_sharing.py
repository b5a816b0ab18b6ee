"""Breakers of several processes over a real Redis; each exchange is stepped, so nothing waits for a thread."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial

import pytest

from apps.backplane.connections import redis_client
from apps.resilience.breaker import State
from apps.resilience.breaker.machine import Machine
from apps.resilience.exceptions import CircuitOpenError
from apps.resilience.sharing.evidence import Evidence
from apps.resilience.sharing.member import Member
from apps.resilience.sharing.redis_store import PREFIX, RedisStore
from apps.resilience.sharing.report import Report, Ruling
from apps.resilience.sharing.syncer import Syncer
from tests.resilience.fleet import RECOVERY_SECONDS, Seat, fleet, step, store
from tests.resilience.virtual import broken, ended, fine
from tests.servers.deadline import eventually
from tests.servers.redis import running_redis


@pytest.fixture
def shared(redis_url: str) -> Iterator[RedisStore]:
    made = store(redis_url)
    yield made
    made.close()


def trip(*seats: Seat, times: int = 5) -> None:
    for seat in seats:
        for _ in range(times):
            ended(seat.breaker, broken)


def probing(seat: Seat, call: Callable[[], str]) -> str:
    """Return what the first call brings that is not rejected; the syncer steps as if woken."""

    def tried() -> str:
        answer = ended(seat.breaker, call)
        seat.step()
        return answer if answer != "CircuitOpenError" else ""

    return eventually(tried, seconds=5)


def test_one_process_opens_for_itself_not_for_those_who_fare_well(shared: RedisStore) -> None:
    one, other = fleet(shared, 2)
    for _ in range(50):
        ended(other.breaker, fine)
    trip(one)
    step(one, other)
    assert (one.state, other.state) == ("open", "closed")
    eventually(lambda: ended(one.breaker, fine) == "fine")  # its own permits, without the fleet's
    step(one, other)
    assert (one.state, other.state) == ("closed", "closed")


def test_two_that_trip_open_for_all(shared: RedisStore) -> None:
    seats = fleet(shared, 3)
    trip(*seats[:2])
    step(*seats)
    assert [seat.state for seat in seats] == ["open", "open", "open"]
    assert seats[2].breaker.view().is_led


def test_evidence_of_two_and_the_minimum_of_calls_opens_for_all(shared: RedisStore) -> None:
    seats = fleet(shared, 3, minimum_calls=7)
    trip(seats[0])
    trip(seats[1], times=1)
    step(*seats)
    assert [seat.state for seat in seats] == ["open", "closed", "closed"]  # six calls
    trip(seats[1], times=1)
    step(*seats)
    assert [seat.state for seat in seats] == ["open", "open", "open"]


def test_a_process_alone_decides_for_those_who_come(shared: RedisStore) -> None:
    (alone,) = fleet(shared, 1, recovery_seconds=60)
    trip(alone)
    step(alone)
    newcomer = Seat(shared, "new", recovery_seconds=60)
    newcomer.step()
    assert newcomer.state == "open"
    assert 50 < newcomer.breaker.view().next_probe_seconds <= 60


@pytest.mark.parametrize(("outcome", "state"), [(fine, "closed"), (broken, "open")])
def test_one_probe_of_one_process_decides_for_all(shared: RedisStore, outcome: Callable[[], str], state: str) -> None:
    seats = fleet(shared, 3)
    trip(*seats)
    step(*seats)
    probing(seats[1], outcome)
    step(*seats)
    assert [seat.state for seat in seats] == [state] * 3
    assert seats[0].breaker.view().openings == (0 if state == "closed" else 2)


def test_the_fleet_issues_no_more_permits_than_the_rules_say(shared: RedisStore) -> None:
    seats = fleet(shared, 4, probes=3, successes_to_close=3)
    trip(*seats)
    step(*seats)
    held = []

    def all_issued() -> bool:
        for seat in seats:
            for _ in range(3):
                with suppress(CircuitOpenError):
                    held.append((seat, seat.breaker.admit()))
            seat.step()
        return len(held) >= 3

    eventually(all_issued, seconds=5)
    for _ in range(5):
        all_issued()
    assert len(held) == 3
    for seat, passed in held:
        seat.breaker.note(passed, 0.01, is_failure=False)
    step(*seats)
    assert [seat.state for seat in seats] == ["closed"] * 4


def test_a_permit_that_is_lost_is_issued_anew_after_its_deadline(shared: RedisStore) -> None:
    one, other = fleet(shared, 2, probe_seconds=0.2)
    trip(one, other)
    step(one, other)

    def lost() -> bool:
        try:
            return bool(one.breaker.admit())
        except CircuitOpenError:
            one.step()
            return False

    eventually(lost, seconds=5)
    assert probing(other, fine) == "fine"
    step(one, other)
    assert (one.state, other.state) == ("closed", "closed")


def test_a_permit_that_nobody_takes_goes_to_another_process(shared: RedisStore) -> None:
    idle, busy = fleet(shared, 2, probe_seconds=60.0)
    trip(idle, busy)
    step(idle, busy)

    def is_held() -> bool:
        ended(idle.breaker, fine) if not idle.breaker.drive(waiting) else None
        idle.step()
        return bool(idle.breaker.drive(waiting))

    eventually(is_held, seconds=5)

    def tried() -> str:
        answer = ended(busy.breaker, fine)
        step(idle, busy)
        return answer if answer == "fine" else ""

    assert eventually(tried, seconds=5) == "fine"


def waiting(machine: Machine, _: float) -> int:
    return machine.permits.waiting


def test_a_cancelled_probe_frees_its_place_for_another_process(shared: RedisStore) -> None:
    one, other = fleet(shared, 2)
    trip(one, other)
    step(one, other)

    def interrupted() -> str:
        raise KeyboardInterrupt

    def cancelled() -> bool:
        try:
            ended(one.breaker, interrupted)
        except KeyboardInterrupt:
            return True
        one.step()
        return False

    eventually(cancelled, seconds=5)
    one.step()
    assert probing(other, fine) == "fine"


def test_closing_here_closes_for_all(shared: RedisStore) -> None:
    seats = fleet(shared, 3, recovery_seconds=60)
    trip(*seats)
    step(*seats)
    seats[1].breaker.close()
    step(*seats)
    assert [seat.state for seat in seats] == ["closed"] * 3
    assert ended(seats[0].breaker, fine) == "fine"


def test_a_flushed_store_is_written_anew_by_whoever_comes(shared: RedisStore, redis_url: str) -> None:
    seats = fleet(shared, 2, recovery_seconds=60)
    trip(*seats)
    step(*seats)
    with redis_client(redis_url, purpose="test", timeout_seconds=5) as client:
        client.flushall()
        step(*seats)
        assert client.exists(PREFIX + "shared")
    newcomer = Seat(shared, "new")
    newcomer.step()
    assert [seat.state for seat in (*seats, newcomer)] == ["open"] * 3


def test_store_gone_local_goes_on_and_the_state_heals_after(caplog: pytest.LogCaptureFixture) -> None:
    with running_redis() as redis:
        shared = store(redis.url())
        seats = fleet(shared, 2)
        trip(*seats)
        step(*seats)
    step(*seats)
    assert [record.message for record in caplog.records if "no store" in record.message] != []
    assert [seat.syncer.is_attached for seat in seats] == [False, False]
    eventually(lambda: ended(seats[0].breaker, fine) == "fine", seconds=5)
    assert seats[0].state == "closed"
    with running_redis(port=redis.port):
        eventually(lambda: [seat.step() for seat in seats] and seats[0].syncer.is_attached, seconds=5)
        step(*seats)
        assert [seat.state for seat in seats] == ["closed", "closed"]
        trip(*seats)
        step(*seats)
        assert [seat.breaker.view().is_led for seat in seats] == [True, True]
    shared.close()


def test_an_opening_outlives_a_store_that_comes_back_in_time() -> None:
    with running_redis() as redis:
        shared = store(redis.url())
        seats = fleet(shared, 2, recovery_seconds=60)
        trip(*seats)
        step(*seats)
    seats[0].step()
    assert not seats[0].breaker.view().is_led
    with running_redis(port=redis.port):
        step(*seats)
        assert [(seat.state, seat.breaker.view().is_led) for seat in seats] == [("open", True)] * 2
    shared.close()


def test_what_a_process_reports_can_be_read_by_others(shared: RedisStore) -> None:
    one, _ = fleet(shared, 2)
    ended(one.breaker, fine)
    step(one)
    views = shared.processes("shared")
    assert {origin: view["successes"] for origin, view in views.items()} == {"p0": 1, "p1": 0}
    assert shared.processes("unknown") == {}


def test_evidence_is_what_rose_in_the_last_seconds() -> None:
    evidence = Evidence()
    assert evidence.recent(0, (100, 50, 0)) == (0, 0, 0)
    assert evidence.recent(5, (110, 55, 1)) == (10, 5, 1)
    assert evidence.recent(16, (111, 55, 1)) == (1, 0, 0)
    evidence.clear()
    assert evidence.recent(17, (115, 56, 1)) == (4, 1, 0)


def test_a_store_that_hangs_holds_up_no_call() -> None:
    hung = store("redis://127.0.0.1:1/0")
    seat = Seat(hung, "p0", recovery_seconds=RECOVERY_SECONDS)
    seat.step()
    trip(seat)
    assert seat.state == "open"
    eventually(lambda: ended(seat.breaker, fine) == "fine", seconds=5)
    assert seat.state == "closed"
    assert partial(seat.step)() is None


def ruling(stamp: int, state: State, *granted: str) -> Ruling:
    return Ruling(
        name="shared", stamp=stamp, state=state, remaining_seconds=60.0, openings=1, reason="the fleet's",
        granted=granted, permit_seconds=5.0, is_new=False,
    )  # fmt: skip


def test_what_the_fleet_opened_and_closed_unseen_leaves_an_opening_of_ones_own(shared: RedisStore) -> None:
    seat = Seat(shared, "p0", recovery_seconds=60.0)
    member = Member(seat.breaker, origin="p0")
    trip(seat)
    seat.breaker.drive(partial(member.obey, ruling=ruling(2, State.CLOSED)))
    assert (seat.state, seat.breaker.view().is_led) == ("open", False)


def test_a_permit_is_taken_whatever_this_process_thought(shared: RedisStore) -> None:
    seat = Seat(shared, "p0", recovery_seconds=60.0)
    member = Member(seat.breaker, origin="p0")
    seat.breaker.drive(partial(member.obey, ruling=ruling(2, State.HALF_OPEN)))
    seat.breaker.open()
    seat.breaker.drive(partial(member.obey, ruling=ruling(2, State.HALF_OPEN, "2.1")))
    assert ended(seat.breaker, fine) == "fine"
    seat.breaker.drive(partial(member.obey, ruling=ruling(4, State.HALF_OPEN)))
    assert seat.state == "half-open"


def test_a_fault_of_the_sharing_does_not_end_it(caplog: pytest.LogCaptureFixture) -> None:
    class Faulty:
        def exchange(self, reports: list[Report]) -> list[Ruling]:
            raise ZeroDivisionError

    seat = Seat(Faulty(), "p0")
    syncer = Syncer(Faulty(), lambda: [seat.breaker], origin="p0", interval_seconds=0.01)
    syncer.start()
    eventually(lambda: caplog.text.count("could not be shared this time") > 1)
    syncer.stop()
    assert ended(seat.breaker, fine) == "fine"
