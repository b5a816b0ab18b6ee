"""What is asked for has its stamps looked at in time; what is not true any more is not given out longer."""

import logging
import os
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from apps.caching import ahead, current
from apps.caching.ahead import Ahead, Due, all_due
from apps.caching.exceptions import UnavailableError
from apps.caching.keys import Key
from apps.caching.memory import Entry, Shelf
from apps.caching.namespace import Namespace
from apps.caching.policy import MemoryPolicy, memory
from apps.caching.sessions import sessions
from apps.caching.stores import invalidations
from apps.tuning.handle import State
from tests.caching.conftest import Page
from tests.servers.deadline import eventually

pytestmark = pytest.mark.django_db(transaction=True)
ONE, TWO = (1,), (2,)


@pytest.fixture
def namespace(namespace: Namespace[Any]) -> Namespace[Any]:
    """A namespace that gives out for four seconds what it has."""
    namespace.policy.swap(State(policy=type(namespace.policy.current)(l1_seconds=4.0)))
    return namespace


def kept(namespace: Namespace[Any], key: Key = ONE, *, age: float = 3.0, unasked: float = 0.0) -> Entry:
    """Load and return an entry whose stamps were looked at a while ago."""
    namespace.get_or_load(key, lambda: Page("one"))
    entry = namespace.shelf.entries[key]
    entry.stored_at -= age
    entry.asked_at = time.monotonic() - unasked
    return entry


def due_of(*namespaces: Namespace[Any]) -> list[Due]:
    """Return what is due of them; other tests may have left copies of others."""
    return [due for due in all_due(time.monotonic()) if due.namespace in namespaces]


def age_of(namespace: Namespace[Any], key: Key = ONE) -> float:
    """Return how long ago the entry's stamps were looked at."""
    return time.monotonic() - namespace.shelf.entries[key].stored_at


def test_what_was_asked_for_is_looked_at_before_its_time_is_over(namespace: Namespace[Any]) -> None:
    entry = kept(namespace)
    Ahead().step()
    assert namespace.shelf.entries[ONE].value == entry.value
    assert age_of(namespace) < 2
    assert namespace.outcome(ONE, lambda: Page("never")).level == "L1"


@pytest.mark.parametrize(("age", "unasked"), [(1.0, 0.0), (3.0, 31.0), (5.0, 0.0)])
def test_what_is_fresh_or_over_or_asked_for_by_nobody_is_not_looked_at(
    namespace: Namespace[Any], age: float, unasked: float
) -> None:
    kept(namespace, age=age, unasked=unasked)
    assert due_of(namespace) == []


def test_what_gives_out_nothing_for_long_is_not_looked_at(make_namespace: Callable[..., Namespace[Any]]) -> None:
    brief = make_namespace("brief")
    kept(brief, age=0.05)
    off = make_namespace("off")
    off.policy.swap(State(policy=type(off.policy.current)(l1_seconds=4.0)))
    kept(off)
    off.policy.swap(State(policy=type(off.policy.current)(l1_seconds=4.0, is_enabled=False)))
    assert due_of(brief, off) == []


def test_what_soon_ends_is_left_to_a_reader_who_may_load_it_early(namespace: Namespace[Any]) -> None:
    entry = kept(namespace)
    entry.load_seconds, entry.draw = 1.0, 0.0
    entry.loaded_at = time.monotonic() - 3_600 + 30
    assert due_of(namespace) == []
    entry.load_seconds = 0.1
    assert [due.entry for due in due_of(namespace)] == [entry]
    entry.loaded_at -= 60
    assert due_of(namespace) == []


def test_a_copy_that_a_session_has_had_for_long_is_fetched_anew(namespace: Namespace[Any]) -> None:
    entry = kept(namespace)
    namespace.shelf.drop(ONE)
    sessions.put("s", (namespace.name, ONE), entry)
    assert [due.session for due in due_of(namespace)] == ["s"]
    entry.kept_at -= 301
    assert due_of(namespace) == []


def test_a_session_that_asks_nothing_is_not_looked_through(namespace: Namespace[Any]) -> None:
    entry = kept(namespace)
    namespace.shelf.drop(ONE)
    sessions.put("s", (namespace.name, ONE), entry)
    shelf = sessions.shelf("s")
    assert shelf is not None
    shelf.asked_at -= 31
    assert due_of(namespace) == []
    assert namespace.near(ONE, session="s") is entry
    assert len(due_of(namespace)) == 1


def test_a_session_whose_copy_was_confirmed_for_somebody_is_forgotten_last(namespace: Namespace[Any]) -> None:
    entry, places = kept(namespace), [(session, (namespace.name, ONE)) for session in ("asks", "idle", "late")]
    limit = MemoryPolicy(l2_bytes=2 * entry.size, l2_session_bytes=entry.size)
    before = memory.current
    memory.swap(State(policy=limit))
    for session, place in places[:2]:
        sessions.put(session, place, entry)
    sessions.swap(*places[0], entry, entry.looked_at(time.monotonic(), fences=entry.fences))
    sessions.put(*places[2], entry)
    assert [sessions.get(*place) is not None for place in places] == [True, False, True]
    memory.swap(State(policy=before))


def test_a_cleared_namespace_leaves_nothing_in_sessions(namespace: Namespace[Any]) -> None:
    entry = kept(namespace)
    sessions.put("s", (namespace.name, ONE), entry)
    sessions.put("s", ("other", ONE), entry)
    sessions.clear_namespace(namespace.name)
    assert [place for _, place, _ in sessions.all()] == [("other", ONE)]
    assert sessions.bytes == entry.size


def test_being_asked_for_is_noted_at_both_levels(namespace: Namespace[Any]) -> None:
    entry = kept(namespace, unasked=100.0)
    assert namespace.peek(ONE) is not None
    assert time.monotonic() - entry.asked_at < 50
    sessions.put("s", (namespace.name, TWO), entry)
    entry.asked_at = 0.0
    assert namespace.near(TWO, session="s") is entry
    assert time.monotonic() - entry.asked_at < 50


def test_what_another_process_invalidated_is_not_given_out_longer(namespace: Namespace[Any]) -> None:
    entry = kept(namespace)
    kept(namespace, TWO)
    with transaction.atomic():
        invalidations.log(["thing:1"], connection)
    Ahead().step()
    assert namespace.shelf.entries[ONE] is entry
    assert age_of(namespace, TWO) < 2


def test_what_this_process_invalidated_is_not_asked_about(namespace: Namespace[Any]) -> None:
    entry = kept(namespace)
    namespace.invalidate("thing:1")
    Ahead().step()
    assert namespace.shelf.entries[ONE] is entry


def test_what_is_invalidated_while_the_store_is_asked_is_not_given_out_longer(
    namespace: Namespace[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    entry, asked = kept(namespace), current.store()
    read = asked.read
    monkeypatch.setattr(asked, "read", lambda *a, **k: (read(*a, **k), namespace.invalidate("thing:1"))[0])
    Ahead().step()
    assert namespace.shelf.entries[ONE] is entry


def test_what_was_cleared_is_not_given_out_longer(namespace: Namespace[Any]) -> None:
    entry = kept(namespace)
    namespace.policy.swap(State(policy=type(namespace.policy.current)(l1_seconds=4.0, clearings=1)))
    Ahead().step()
    assert namespace.shelf.entries[ONE] is entry


def test_what_is_cleared_while_the_store_is_asked_is_not_given_out_longer(
    namespace: Namespace[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    entry, asked = kept(namespace), current.store()
    read, cleared = asked.read, State(policy=type(namespace.policy.current)(l1_seconds=4.0, clearings=1))
    monkeypatch.setattr(asked, "read", lambda *a, **k: (read(*a, **k), namespace.policy.swap(cleared))[0])
    Ahead().step()
    assert namespace.shelf.entries[ONE] is entry


def test_a_session_s_copy_is_looked_at_as_well(namespace: Namespace[Any]) -> None:
    entry = kept(namespace, age=5.0)
    entry.stored_at += 2.0
    namespace.shelf.drop(ONE)
    sessions.put("s", (namespace.name, ONE), entry)
    Ahead().step()
    found = sessions.get("s", (namespace.name, ONE))
    assert found is not None
    assert (found.value, found is entry) == (entry.value, False)
    sessions.swap("gone", (namespace.name, ONE), entry, found)
    assert sessions.get("gone", (namespace.name, ONE)) is None


class Away:
    """A store that does not answer."""

    def read(self, *_: Any, **__: Any) -> Any:
        raise UnavailableError("away")


def test_without_the_store_everything_stays_as_it_is(
    namespace: Namespace[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = kept(namespace)
    monkeypatch.setitem(current._stores, os.getpid(), Away())
    Ahead().step()
    assert namespace.shelf.entries[ONE] is entry


def test_only_what_somebody_asked_for_meanwhile_is_kept_longest() -> None:
    def entry(stored_at: float, asked_at: float) -> Entry:
        return Entry(
            value=b"", fences=(), stamps=(), stored_at=stored_at, loaded_at=0.0, kept_at=0.0, load_seconds=0.0,
            life=0.0, draw=0.0, size=10, asked_at=asked_at,
        )  # fmt: skip

    shelf = Shelf[str]()
    for key, asked_at in (("unasked", 0.0), ("asked", 2.0), ("last", 0.0)):
        shelf.put(key, entry(1.0, asked_at), limit_bytes=30)
    for key in ("unasked", "asked"):
        old = shelf.entries[key]
        assert shelf.swap(key, old, old.looked_at(5.0, fences=()))
        assert not shelf.swap(key, old, old), "it is not there any more"
    assert [key for key, _ in shelf.all()] == ["unasked", "last", "asked"]
    assert shelf.bytes == 30


def test_the_thread_goes_on_after_a_failure_and_ends(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(ahead, "EVERY_SECONDS", 0.01)
    turns: list[int] = []

    def fails(_: Ahead) -> None:
        turns.append(1)
        raise RuntimeError("as told")

    monkeypatch.setattr(Ahead, "step", fails)
    caplog.set_level(logging.ERROR, "apps.caching.ahead")
    one = Ahead()
    one.stop()
    one = Ahead()
    one.start()
    eventually(lambda: len(turns) > 1)
    one.stop()
    assert not one._thread.is_alive()
    assert caplog.text.count("Nothing is confirmed ahead") == 1
