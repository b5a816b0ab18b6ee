"""What every level 3 promises, by each of them: Redis, the database, and the model that the protocol is tried on."""

import dataclasses
import os
import signal
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.db import connection, transaction
from django.utils import timezone

from apps.caching import current
from apps.caching.exceptions import UnavailableError
from apps.caching.models import Invalidation
from apps.caching.service import Caching
from apps.caching.stores.database_store import DatabaseStore
from apps.caching.stores.redis_store import RedisStore
from apps.caching.stores.store import Answer, Place, Store
from apps.resilience.pipeline import pipeline
from apps.tuning.handle import State
from tests.caching.model import Model
from tests.caching.opened import over_redis
from tests.servers.deadline import eventually
from tests.servers.redis import Redis, running_redis

pytestmark = pytest.mark.django_db(transaction=True)
HERE, THERE = Place("a" * 32, ("one:1", "one:*")), Place("b" * 32, ("one:2", "one:*"))


@pytest.fixture(params=["redis", "database", "model"])
def store(request: Any) -> Iterator[Store]:
    """Each of the stores, empty."""
    if request.param == "redis":
        made: Store = over_redis(request.getfixturevalue("redis_url"))
    else:
        made = DatabaseStore() if request.param == "database" else Model()
    made.tend()
    return made


def read(store: Store, place: Place = HERE) -> Answer:
    [answer] = store.read([place])
    return answer


def filled(store: Store, answer: Answer, place: Place = HERE, *, data: bytes = b"value") -> bytes | None:
    """Offer an entry under the stamps of an answer, and return what is stored then."""
    if answer.stamps is not None:
        store.fill(place, answer.stamps, lambda: data, seconds=60)
    store.tend()
    return read(store, place).data


def invalidated(store: Store, *names: str) -> None:
    with transaction.atomic():
        lease = store.hold(names, connection)
    store.release(lease)


def test_what_is_filled_under_the_stamps_of_now_is_read_under_them(store: Store) -> None:
    before = read(store)
    assert before.data is None
    assert filled(store, before) == b"value"
    assert read(store) == Answer(b"value", before.stamps)


def test_a_fill_after_an_invalidation_is_refused(store: Store) -> None:
    before = read(store)
    invalidated(store, "one:1")
    assert filled(store, before) is None


def test_an_invalidation_changes_the_stamps_of_what_stands_under_the_tag_alone(store: Store) -> None:
    here, there = read(store, HERE).stamps, read(store, THERE).stamps
    invalidated(store, "one:1")
    assert read(store, HERE).stamps != here
    assert read(store, THERE).stamps == there


def test_stamps_never_come_again(store: Store) -> None:
    seen = set()
    for _ in range(20):
        seen.add(read(store).stamps)
        invalidated(store, "one:*")
    assert len(seen) == 20


def test_a_dropped_entry_is_gone(store: Store) -> None:
    assert filled(store, read(store)) == b"value"
    store.drop(HERE.digest)
    assert read(store).data is None


def test_many_places_are_read_at_once(store: Store) -> None:
    filled(store, read(store, THERE), THERE)
    here, there = store.read([HERE, THERE])
    assert (here.data, there.data) == (None, b"value")
    assert [answer.data for answer in store.read([HERE, THERE], with_entries=False)] == [None, None]


def test_nothing_is_kept_while_somebody_commits(redis_url: str) -> None:
    store = over_redis(redis_url)
    before = read(store)
    lease = store.hold(["one:1"], connection)
    assert read(store).stamps is None
    assert filled(store, before) is None
    store.release(lease)
    assert read(store).stamps not in {None, before.stamps}


def test_of_two_who_commit_the_second_to_end_lets_readers_keep_again(redis_url: str) -> None:
    store = over_redis(redis_url)
    first, second = store.hold(["one:1"], connection), store.hold(["one:1"], connection)
    store.release(first)
    assert read(store).stamps is None
    store.release(second)
    assert read(store).stamps is not None


def test_a_hold_whose_writer_died_ends_by_itself_and_leaves_nothing_current(redis_url: str) -> None:
    store = over_redis(redis_url, hold_seconds=0.1)
    before = read(store)
    assert filled(store, before) == b"value"
    store.hold(["one:1"], connection)
    eventually(lambda: read(store).stamps)
    assert read(store).stamps != before.stamps


def test_a_flush_leaves_nothing_current(redis_url: str, redis_server: Redis) -> None:
    store = over_redis(redis_url)
    before = read(store)
    redis_server.flush()
    assert filled(store, before) is None


def test_another_server_in_its_place_begins_an_epoch_of_its_own() -> None:
    with running_redis() as first:
        store, port = over_redis(first.url()), first.port
        before = read(store)
    with running_redis(port=port):
        store.tend()
        store.tend()
        after = read(store)
    assert before.stamps is not None
    assert after.stamps is not None
    assert before.stamps[-1] != after.stamps[-1]


def test_what_redis_is_not_told_goes_into_the_transaction_and_is_delivered() -> None:
    with running_redis() as first:
        store, other = over_redis(first.url()), over_redis(first.url())
        before = read(store)
        assert filled(store, before) == b"value"
        first.process.send(signal.SIGSTOP)
        invalidated(store, "one:1")
        assert list(Invalidation.objects.values_list("tag", flat=True)) == ["one:1"]
        first.process.send(signal.SIGCONT)
        eventually(lambda: tended(store))
        assert not Invalidation.objects.exists()
        assert read(other).stamps != before.stamps


def tended(store: RedisStore) -> bool:
    """Tend the store; return whether it is trusted again."""
    store.tend()
    return not store.lost


def test_however_many_invalidations_leave_nothing_behind(redis_url: str, redis_server: Redis) -> None:
    store = over_redis(redis_url)
    for number in range(1_000):
        store.release(store.hold([f"one:{number}"], connection))
    with redis.Redis(port=redis_server.port) as client:
        eventually(lambda: client.dbsize() <= 1)  # at once, but for a hold whose release Redis was too slow to take


def test_a_connection_that_the_server_closed_is_replaced_without_anybody_noticing(
    redis_url: str, redis_server: Redis
) -> None:
    store = over_redis(redis_url)
    before = read(store).stamps
    with redis.Redis(port=redis_server.port) as client:
        client.client_kill_filter(_type="normal", skipme=True)
    assert read(store).stamps == before
    assert not store.lost


def test_a_policy_that_asks_for_more_than_the_breaker_is_obeyed(redis_url: str) -> None:
    store, way = over_redis(redis_url), pipeline("redis_cache")
    stamps, before = read(store).stamps, way.handle.current
    way.handle.swap(State(policy=dataclasses.replace(before, calls_per_second=0.001, burst_calls=1)))
    try:
        with pytest.raises(UnavailableError):
            [read(store) for _ in range(3)]
    finally:
        way.handle.swap(State(policy=before))
    assert read(store).stamps == stamps


def test_a_database_that_fails_is_told_as_a_store_that_does_not_answer() -> None:
    store, failing = DatabaseStore(), Caching()
    store.tend()
    store.fill(HERE, (b"0:0", b"0:0"), lambda: b"value", seconds=60)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE caching_invalidation RENAME TO aside")
        cursor.execute("ALTER TABLE caching_storedentry RENAME TO aside_too")
    try:
        with pytest.raises(UnavailableError):
            store.drop(HERE.digest)
        with pytest.raises(UnavailableError):
            store.weight()
        current._stores[os.getpid()] = store
        failing.step()
        assert failing._is_failing
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE aside RENAME TO caching_invalidation")
            cursor.execute("ALTER TABLE aside_too RENAME TO caching_storedentry")
    failing.step()
    assert not failing._is_failing


def test_superseded_rows_of_the_log_are_removed() -> None:
    store = DatabaseStore()
    for _ in range(3):
        invalidated(store, "one:1")
    Invalidation.objects.update(created_at=timezone.now() - timedelta(hours=1))
    before = read(store).stamps
    store.tend()
    assert Invalidation.objects.filter(tag="one:1").count() == 1
    assert read(store).stamps != before


def test_what_is_stored_has_a_weight(store: Store) -> None:
    before = store.weight().stored_bytes
    [answer] = store.read([HERE])
    assert answer.stamps is not None
    store.fill(HERE, answer.stamps, lambda: b"x" * 100_000, seconds=60)
    store.tend()
    assert store.weight().stored_bytes >= before + 100_000
