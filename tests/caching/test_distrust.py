"""When a store, or what a process has in memory, may be believed: never on the word of a moment that is over."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis
from django.db import connection, transaction

from apps.backplane.connections import redis_client
from apps.backplane.local import LocalBus
from apps.caching.current import store as current_store
from apps.caching.exceptions import UnavailableError
from apps.caching.namespace import Namespace
from apps.caching.stores import invalidations
from apps.caching.stores.redis_store import RedisStore
from apps.caching.stores.store import Place
from apps.caching.stores.wire import EPOCH_KEY
from apps.resilience.exceptions import RejectedError
from apps.resilience.pipeline import pipeline
from tests.caching.conftest import Page
from tests.caching.test_namespace import KEY, ONE, TWO, Clock, Loader, clock, in_the_database, tended
from tests.servers.deadline import eventually
from tests.servers.redis import Redis

pytestmark = pytest.mark.django_db(transaction=True)
PLACE = Place("a" * 32, ("one:1", "one:*"))
__all__ = ["clock", "in_the_database", "tended"]


class Gate:
    """A pipeline that lets calls through, or rejects them as an open breaker does."""

    def __init__(self) -> None:
        self.is_open = True
        self.handle, self.breaker = pipeline("redis_cache").handle, self

    def obey(self) -> None:
        """Take no notice of the policy."""

    def call(self, question: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if not self.is_open:
            raise RejectedError("not now")
        return question(*args, **kwargs)


@pytest.fixture
def gate() -> Gate:
    """The way to Redis."""
    return Gate()


@pytest.fixture
def store(gate: Gate, redis_url: str) -> Iterator[RedisStore]:
    """A store with an entry that is about to be invalidated."""
    client = redis_client(redis_url, purpose="cache", timeout_seconds=0.5)
    made = RedisStore(client, gate, LocalBus())  # type: ignore[arg-type]
    [before] = made.read([PLACE])
    assert before.stamps is not None
    assert made.fill(PLACE, before.stamps, lambda: b"old", seconds=60)
    yield made
    client.close()


def test_a_store_that_could_not_be_told_of_a_commit_is_not_believed_before_it_is(store: RedisStore, gate: Gate) -> None:
    [before] = store.read([PLACE])
    gate.is_open = False
    with transaction.atomic():
        lease = store.hold(["one:1"], connection)
    store.release(lease)
    gate.is_open = True
    with pytest.raises(UnavailableError):
        store.read([PLACE])
    store.tend()
    [after] = store.read([PLACE])
    assert after.stamps != before.stamps


def test_a_store_tended_during_a_commit_it_was_not_told_of_is_not_believed_after_it(
    store: RedisStore, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate.is_open = False
    with transaction.atomic(), monkeypatch.context() as elsewhere:
        lease = store.hold(["one:1"], connection)
        gate.is_open = True
        elsewhere.setattr(invalidations, "logged", list)  # another connection does not see it yet
        store.tend()
    store.release(lease)
    with pytest.raises(UnavailableError):
        store.read([PLACE])
    store.tend()
    assert not store.lost


def test_a_store_that_fails_somebody_while_it_is_tended_is_not_believed_and_tended_again(
    store: RedisStore, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    store._distrust(OSError("gone"))
    logged = invalidations.logged

    def fails_meanwhile() -> list[tuple[int, str]]:
        monkeypatch.setattr(invalidations, "logged", logged)
        store._distrust(OSError("gone again"))  # as another thread says of a connection from before
        return logged()

    monkeypatch.setattr(invalidations, "logged", fails_meanwhile)
    store.tend()
    assert store.lost
    store.tend()
    assert not store.lost
    assert store.read([PLACE])


def test_a_busy_process_believes_the_store_again_as_soon_as_it_can_be_told(
    store: RedisStore, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged = invalidations.logged

    def commits_meanwhile() -> list[tuple[int, str]]:
        with transaction.atomic():
            lease = store.hold(["one:1"], connection)
        store.release(lease)
        return logged()

    gate.is_open = False
    commits_meanwhile()
    gate.is_open = True
    monkeypatch.setattr(invalidations, "logged", commits_meanwhile)
    store.tend()
    assert not store.lost


def test_what_another_server_kept_during_a_commit_is_not_believed_where_the_release_was_not_heard(
    store: RedisStore, gate: Gate, redis_url: str, redis_server: Redis
) -> None:
    with redis_client(redis_url, purpose="cache", timeout_seconds=0.5) as client:
        elsewhere = RedisStore(client, Gate(), LocalBus())  # type: ignore[arg-type]
        lease = store.hold(["one:1"], connection)
        redis_server.flush()
        [before] = elsewhere.read([PLACE])
        assert before.stamps is not None
        assert elsewhere.fill(PLACE, before.stamps, lambda: b"old", seconds=60)
        gate.is_open = False
        store.release(lease)
        gate.is_open = True
        with pytest.raises(UnavailableError):
            store.read([PLACE])
        store.tend()
        assert [answer.stamps for answer in store.read([PLACE])] != [before.stamps]


def test_what_is_owed_to_a_server_that_takes_no_writes_is_owed_still_and_paid_to_it_when_it_does(
    store: RedisStore, gate: Gate, redis_url: str, redis_server: Redis
) -> None:
    with redis_client(redis_url, purpose="cache", timeout_seconds=0.5) as client:
        elsewhere = RedisStore(client, Gate(), LocalBus())  # type: ignore[arg-type]
        lease = store.hold(["one:1"], connection)
        redis_server.flush()
        [before] = elsewhere.read([PLACE])
        gate.is_open = False
        store.release(lease)
        gate.is_open = True
        client.slaveof("127.0.0.1", "1")  # a failover made it a replica
        try:
            store.tend()
            store.tend()
            assert "ReadOnlyError" in store.lost
        finally:
            client.slaveof()
        store.tend()
        [after] = store.read([PLACE])
        assert not store.lost
        assert after.stamps not in {None, before.stamps}


def test_a_server_without_its_epoch_begins_another_and_leaves_nothing_current(
    store: RedisStore, redis_server: Redis
) -> None:
    [before] = store.read([PLACE])
    assert before.stamps is not None
    with redis.Redis(port=redis_server.port) as client:
        client.delete(EPOCH_KEY)
    [after] = store.read([PLACE])
    assert after.stamps is not None
    assert (after.stamps[:-1], after.stamps[-1] == before.stamps[-1]) == (before.stamps[:-1], False)
    assert store.fill(PLACE, before.stamps, lambda: b"older", seconds=60) is False


def test_an_answer_that_somebody_else_left_behind_is_taken_for_nobodys(store: RedisStore) -> None:
    [idle] = store._wire._idle
    idle.send_command("ECHO", "for somebody else")
    assert eventually(idle.can_read)
    assert store.ask("ECHO", "mine") == b"mine"


def test_how_long_a_load_took_does_not_lengthen_the_time_for_which_what_it_brought_is_believed(
    namespace: Namespace[Any], tended: Callable[[], None], clock: Clock
) -> None:
    def slow() -> Page:
        current_store().release(current_store().hold(["thing:1"], connection))  # by another process, unheard of
        clock.now += 30
        return ONE

    assert namespace.get_or_load(KEY, slow, session="s") == ONE
    assert namespace.get_or_load(KEY, Loader(TWO), session="s") == TWO
