"""One contract for both stores, and what only the shared one promises."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from apps.backplane.connections import redis_client
from apps.backplane.local import LocalBus
from apps.backplane.seal import Seal
from apps.deduplication.exceptions import FlightError
from apps.deduplication.flights.decisions import Busy, Led, Result
from apps.deduplication.flights.memory import ENTRIES_MAX, MemoryStore
from apps.deduplication.flights.outcome import Kind, Outcome
from apps.deduplication.flights.shared import SharedStore, keys
from apps.deduplication.flights.store import Place, Store
from tests.servers.deadline import eventually

PLACE = Place(scope="test", digest="d", lease_seconds=60.0)
SHORT = replace(PLACE, lease_seconds=0.05)
VALUE = Outcome(Kind.VALUE, b"value")


@pytest.fixture
def shared(redis_url: str) -> Iterator[SharedStore]:
    """A store in a private Redis, its bus within the process."""
    bus = LocalBus()
    bus.start()
    with redis_client(redis_url, purpose="test", timeout_seconds=5) as client:
        yield SharedStore(client, bus, lambda: Seal(["secret"]))
    bus.stop()


@pytest.fixture(params=["memory", "shared"])
def store(request: pytest.FixtureRequest) -> Store:
    """Either store."""
    made: Store = MemoryStore(time.monotonic) if request.param == "memory" else request.getfixturevalue("shared")
    return made


def claimed(store: Store, token: str, *, seen: str = "", place: Place = PLACE) -> Any:
    return store.claim(place, token=token, seen=seen)


def test_of_all_who_claim_one_leads_and_the_others_learn_whose_round_it_is(store: Store) -> None:
    assert claimed(store, "a") == Led()
    answers = [claimed(store, name) for name in "bc"]
    assert [answer.token for answer in answers] == ["a", "a"]
    assert all(0 < answer.remaining_seconds <= 60 for answer in answers)


def test_flights_that_have_landed_make_room_before_their_leases_would_have_ended() -> None:
    store = MemoryStore(lambda: 0.0)
    for number in range(ENTRIES_MAX + 1):
        place = replace(PLACE, digest=str(number))
        assert store.claim(place, token="a", seen="") == Led()
        store.publish(place, "a", VALUE)
    assert len(store._entries) == 1


def test_a_lead_that_was_taken_away_is_remembered_in_a_full_store() -> None:
    store = MemoryStore(lambda: 0.0)
    claimed(store, "a")
    store.forget(PLACE)
    for number in range(ENTRIES_MAX):
        store.claim(replace(PLACE, digest=str(number)), token="a", seen="")
    assert not store.renew(PLACE, "a")


def test_keys_are_apart(store: Store) -> None:
    assert claimed(store, "a") == Led()
    assert claimed(store, "b", place=replace(PLACE, digest="e")) == Led()


def test_a_lease_that_is_not_renewed_ends(store: Store) -> None:
    claimed(store, "a", place=SHORT)
    assert eventually(lambda: claimed(store, "b") == Led())
    assert not store.renew(PLACE, "a")
    assert not store.publish(PLACE, "a", VALUE)
    assert isinstance(claimed(store, "c"), Busy)


def test_a_renewed_lease_lasts(store: Store) -> None:
    claimed(store, "a", place=SHORT)
    assert store.renew(PLACE, "a")
    assert claimed(store, "b").remaining_seconds > 1


def test_a_lost_lease_is_taken_again_unless_another_leads(store: Store) -> None:
    assert store.renew(PLACE, "a")
    assert isinstance(claimed(store, "b"), Busy)
    assert not store.renew(PLACE, "b")


def test_who_waited_gets_the_result_and_who_comes_later_does_not(store: Store) -> None:
    claimed(store, "a")
    claimed(store, "b")
    assert store.publish(PLACE, "a", VALUE)
    assert claimed(store, "c", seen="a") == Result(VALUE, "a")
    assert claimed(store, "d") == Led()
    assert claimed(store, "e", seen="a").token == "d"


def test_a_result_nobody_waited_for_is_not_kept(store: Store) -> None:
    claimed(store, "a")
    assert store.publish(PLACE, "a", VALUE)
    assert claimed(store, "b", seen="a") == Led()


def test_within_its_window_a_result_is_for_all(store: Store) -> None:
    place = replace(PLACE, window_seconds=0.2)
    claimed(store, "a", place=place)
    store.publish(place, "a", VALUE)
    assert claimed(store, "b", place=place) == Result(VALUE, "a")
    assert eventually(lambda: claimed(store, "c", place=place) == Led())


def test_errors_come_as_errors(store: Store) -> None:
    claimed(store, "a")
    claimed(store, "b")
    store.publish(PLACE, "a", Outcome(Kind.ERROR, error=ValueError("bad")))
    answer = claimed(store, "b", seen="a")
    with pytest.raises((FlightError, ValueError), match="bad"):
        answer.outcome.copy()


def test_a_released_key_is_free_without_a_result(store: Store) -> None:
    claimed(store, "a")
    store.release(PLACE, "b")
    assert isinstance(claimed(store, "c"), Busy)
    store.release(PLACE, "a")
    assert claimed(store, "d", seen="a") == Led()


def test_a_forgotten_round_is_over_for_its_leader_too(store: Store) -> None:
    assert not store.forget(PLACE)
    claimed(store, "a")
    assert store.forget(PLACE)
    assert not store.renew(PLACE, "a")
    assert not store.publish(PLACE, "a", VALUE)
    assert claimed(store, "b", seen="a") == Led()


def test_a_forgotten_result_is_gone(store: Store) -> None:
    place = replace(PLACE, window_seconds=60)
    claimed(store, "a", place=place)
    store.publish(place, "a", VALUE)
    store.forget(place)
    assert claimed(store, "b", place=place) == Led()


def test_who_waits_is_told_and_nobody_else(store: Store) -> None:
    heard: list[str] = []
    forgotten: list[str] = []
    store.listen(heard.append, forgotten.append, heard.append)
    claimed(store, "a")
    store.publish(PLACE, "a", VALUE)
    claimed(store, "b")
    claimed(store, "c")
    store.publish(PLACE, "b", VALUE)
    store.forget(PLACE)
    eventually(lambda: forgotten)
    assert (heard, forgotten) == (["d"], ["d"])


def test_a_store_that_works_says_so(store: Store) -> None:
    store.mend()
    store.probe()
    store.probe()
    assert claimed(store, "a") == Led()


@pytest.fixture
def raw(redis_url: str) -> Iterator[Any]:
    """The Redis behind the shared store."""
    with redis_client(redis_url, purpose="test", timeout_seconds=5) as client:
        yield client


def landed(store: SharedStore) -> None:
    claimed(store, "a")
    claimed(store, "b")
    store.publish(PLACE, "a", VALUE)


@pytest.mark.parametrize("forge", [lambda _: b"V forged", lambda sealed: sealed[:-1], lambda _: b""])
def test_a_forged_result_is_a_miss_and_counted(shared: SharedStore, raw: Any, forge: Callable[[bytes], bytes]) -> None:
    landed(shared)
    raw.hset(keys(PLACE)[1], "value", forge(raw.hget(keys(PLACE)[1], "value")))
    assert claimed(shared, "c", seen="a") == Led()
    assert shared.forged == 1


def test_a_result_moved_to_another_round_is_a_miss(shared: SharedStore, raw: Any) -> None:
    landed(shared)
    raw.hset(keys(PLACE)[1], "token", "other")
    assert claimed(shared, "c", seen="a") == Led()
    assert shared.forged == 1


def test_sealed_bytes_that_are_no_outcome_are_a_miss(shared: SharedStore, raw: Any) -> None:
    landed(shared)
    raw.hset(keys(PLACE)[1], "value", Seal(["secret"]).seal(b"?", "flight", "test", "d", "a"))
    assert claimed(shared, "c", seen="a") == Led()


def test_nothing_readable_stays_in_redis_and_all_of_it_expires(shared: SharedStore, raw: Any) -> None:
    landed(shared)
    claimed(shared, "c")
    shared.forget(PLACE)
    claimed(shared, "d")
    names = raw.keys()
    assert all(b"{d}" in name and raw.pttl(name) > 0 for name in names)
    assert len(names) == 2


def test_a_result_over_the_bound_is_nobodys(shared: SharedStore) -> None:
    place = replace(PLACE, value_bytes=4)
    claimed(shared, "a", place=place)
    claimed(shared, "b", place=place)
    assert shared.publish(place, "a", VALUE)
    assert claimed(shared, "c", seen="a", place=place) == Led()


def test_rounds_forgotten_in_quick_succession_stay_bounded(shared: SharedStore, raw: Any) -> None:
    for number in range(130):
        claimed(shared, f"t{number}")
        shared.forget(PLACE)
    assert raw.scard(keys(PLACE)[2]) <= 101


def test_after_a_loss_on_the_bus_any_round_may_have_ended(shared: SharedStore) -> None:
    from apps.backplane.bus import Loss

    heard: list[str] = []
    shared.listen(heard.append, heard.append, heard.append)
    shared._bus._dispatch.put(Loss(reason="test"))  # type: ignore[attr-defined]
    assert eventually(lambda: heard) == [""]


def test_the_memory_of_one_process_is_bounded() -> None:
    now = [0.0]
    store = MemoryStore(lambda: now[0])
    for number in range(ENTRIES_MAX + 1):
        now[0] += 1
        place = Place(scope="test", digest=str(number), lease_seconds=0.5)
        claimed(store, "a", place=place)
    assert len(store._entries) < ENTRIES_MAX
