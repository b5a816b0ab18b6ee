"""A store that stops answering, holds a tag, or has nothing that can be read: what a reader gets, and what is kept."""

import asyncio
import dataclasses
import os
from collections.abc import Callable
from threading import Event
from typing import Any

import msgspec
import pytest
from django.db import OperationalError, transaction

from apps.caching import current, dependencies
from apps.caching.answers import UNCHANGED, Old
from apps.caching.desk import LATE, ask
from apps.caching.exceptions import DeclarationError, UnavailableError
from apps.caching.http.shared import _entry
from apps.caching.namespace import Namespace
from apps.caching.reading import Reading
from apps.caching.service import Caching
from apps.caching.session_store import SessionStore
from apps.caching.stores.store import Answer, Place
from apps.caching.tag import tags
from apps.tuning.handle import State
from tests.caching.conftest import Page
from tests.caching.model import Model
from tests.servers.deadline import eventually

pytestmark = pytest.mark.django_db(transaction=True)
KEY, TAG = (1,), "thing:1"
ONE, TWO = Page("one"), Page("two")


class Frail(Model):
    """Answers as often as it is told to; may let something happen while it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.answers = 1_000_000
        self.meanwhile: Callable[[], object] = lambda: None

    def read(self, places: Any, *, with_entries: bool = True) -> list[Answer]:
        self.meanwhile()
        self.answer()
        return super().read(places, with_entries=with_entries)

    def fill(self, place: Place, stamps: Any, data: Any, *, seconds: float) -> bool:
        self.answer()
        return super().fill(place, stamps, data, seconds=seconds)

    def drop(self, digest: str) -> None:
        self.answer()
        super().drop(digest)

    def tend(self) -> None:
        self.answer()

    def answer(self) -> None:
        if not self.answers:
            raise UnavailableError("gone")
        self.answers -= 1


@pytest.fixture
def frail(monkeypatch: pytest.MonkeyPatch, nothing_kept: None) -> Frail:
    made = Frail()
    monkeypatch.setitem(current._stores, os.getpid(), made)
    return made


@pytest.fixture
def namespace(namespace: Namespace[Any], frail: Frail) -> Namespace[Any]:
    """A namespace that asks the store at every read."""
    turned(namespace, jitter_percent=0.0, early_beta=0.0, l1_seconds=1e-9)
    return namespace


def turned(namespace: Namespace[Any], **changes: Any) -> None:
    namespace.policy.swap(State(policy=dataclasses.replace(namespace.policy.current, **changes)))


def fails() -> Any:
    raise OperationalError("the database is gone as well")


def test_without_the_store_a_value_is_loaded_and_kept_in_memory(namespace: Namespace[Any], frail: Frail) -> None:
    frail.answers = 0
    turned(namespace, l1_seconds=4.0)
    outcome = namespace.outcome(KEY, lambda: ONE)
    assert (outcome.level, outcome.cause) == ("load", "error")
    assert namespace.outcome(KEY, fails).level == "L1"


def test_what_nobody_invalidated_stands_in_when_store_and_loader_fail(namespace: Namespace[Any], frail: Frail) -> None:
    namespace.get_or_load(KEY, lambda: ONE)
    frail.answers = 0
    outcome = namespace.outcome(KEY, fails)
    assert (outcome.value, outcome.is_stale) == (ONE, True)


def test_what_the_store_has_called_old_does_not_stand_in_when_it_fails_right_after(
    namespace: Namespace[Any], frail: Frail
) -> None:
    namespace.get_or_load(KEY, lambda: ONE)
    frail.release(frail.hold([TAG], None))  # by another process, whose message has not come yet
    frail.answers = 1
    with pytest.raises(OperationalError):
        namespace.outcome(KEY, fails)


def test_a_store_that_fails_at_the_fill_leaves_the_value_in_memory(namespace: Namespace[Any], frail: Frail) -> None:
    turned(namespace, l1_seconds=4.0)
    frail.answers = 1
    assert namespace.get_or_load(KEY, lambda: ONE) == ONE
    assert namespace.peek(KEY) is not None
    assert namespace.tally.fills == 1


@pytest.mark.parametrize("where", ["store", "process"])
def test_while_a_tag_is_held_a_value_is_loaded_for_its_reader_alone(
    namespace: Namespace[Any], frail: Frail, where: str
) -> None:
    turned(namespace, l1_seconds=4.0)
    held = tags.hold([TAG] if where == "process" else [])
    lease = frail.hold([TAG] if where == "store" else [], None)
    outcome = namespace.outcome(KEY, lambda: ONE)
    assert (outcome.level, outcome.cause, namespace.tally.refusals["held"]) == ("load", "held", 1)
    assert namespace.set(KEY, TWO) is False
    assert namespace.peek(KEY) is None
    tags.release(held)
    frail.release(lease)
    assert namespace.set(KEY, TWO) is True


def test_what_was_made_while_a_tag_is_held_is_not_kept(namespace: Namespace[Any], frail: Frail) -> None:
    frail.hold([TAG], None)
    reading = Reading(namespace, KEY, None)
    assert reading.found() is None
    assert reading.keep_made(ONE, seconds=1.0, load_seconds=0.1) is False
    assert namespace.tally.refusals["held"] == 1


def test_what_moves_while_the_store_is_asked_is_given_and_not_remembered(
    namespace: Namespace[Any], frail: Frail
) -> None:
    turned(namespace, l1_seconds=4.0)
    namespace.get_or_load(KEY, lambda: ONE)
    namespace.shelf.clear()
    frail.meanwhile = lambda: tags.bump([TAG])
    assert namespace.outcome(KEY, fails).level == "L3"
    assert namespace.peek(KEY) is None


def test_with_level_1_off_the_process_keeps_nothing(namespace: Namespace[Any]) -> None:
    turned(namespace, l1_seconds=0.0)
    namespace.get_or_load(KEY, lambda: ONE)
    assert namespace.outcome(KEY, fails).level == "L3"
    assert not namespace.shelf.entries


def test_what_is_past_its_grace_is_no_stand_in(namespace: Namespace[Any], frail: Frail) -> None:
    namespace.get_or_load(KEY, lambda: ONE)
    namespace.shelf.clear()
    turned(namespace, l2_seconds=0.0, l3_seconds=0.1, grace_seconds=0.0)
    reading = Reading(namespace, KEY, None)
    record = reading._recorded(ONE, 0.0, load_seconds=0.0)
    [answer] = frail.read([namespace.place(KEY)])
    assert answer.stamps is not None
    old = msgspec.structs.replace(record, created_at=record.created_at - 10, stamps=answer.stamps)
    frail.fill(namespace.place(KEY), answer.stamps, lambda: reading._frame(old), seconds=60)
    with pytest.raises(OperationalError):
        namespace.outcome(KEY, fails)
    assert namespace.tally.misses["expired"] == 1


def test_a_sealed_record_of_another_type_is_refused_and_loaded_anew(namespace: Namespace[Any], frail: Frail) -> None:
    reading = Reading(namespace, KEY, None)
    reading.found()
    record = msgspec.structs.replace(reading._recorded(ONE, 0.0, load_seconds=0.0), payload=b"\xc1")
    frail.fill(namespace.place(KEY), record.stamps, lambda: reading._frame(record), seconds=60)
    assert namespace.outcome(KEY, lambda: TWO).cause == "corrupt"


def test_many_are_looked_for_in_memory_alone_where_the_store_may_not_or_cannot_be_asked(
    namespace: Namespace[Any], frail: Frail
) -> None:
    turned(namespace, l1_seconds=4.0)
    namespace.set((1,), ONE)
    namespace.set((2,), TWO)
    namespace.shelf.drop((2,))
    with transaction.atomic():
        assert namespace.get_many([(1,), (2,)]) == {(1,): ONE}
    frail.answers = 0
    assert namespace.get_many([(1,), (2,)]) == {(1,): ONE}


def test_forgetting_one_value_does_not_fail_with_the_store(namespace: Namespace[Any], frail: Frail) -> None:
    turned(namespace, l1_seconds=4.0)
    namespace.get_or_load(KEY, lambda: ONE, session="s")
    frail.answers = 0
    namespace.delete(KEY, session="s")
    assert namespace.peek(KEY, session="s") is None


def test_a_load_that_gives_up_after_an_invalidation_has_no_stand_in(namespace: Namespace[Any]) -> None:
    turned(namespace, l2_seconds=0.0, l3_seconds=0.1, soft_seconds=10.0)
    namespace.get_or_load(KEY, lambda: ONE)
    entry = namespace.shelf.entries[KEY]
    namespace.shelf.put(KEY, msgspec.structs.replace(entry, loaded_at=entry.loaded_at - 10), limit_bytes=1_000_000)

    def load() -> Any:
        tags.bump([TAG])
        raise TimeoutError

    with pytest.raises(TimeoutError):
        namespace.get_or_load(KEY, load)


def test_awaited_reads_find_load_refresh_and_fall_back_as_others_do(namespace: Namespace[Any], frail: Frail) -> None:
    seen: list[Old[Any]] = []

    async def load() -> Any:
        return ONE

    async def refresh(old: Old[Any]) -> Any:
        seen.append(old)
        return UNCHANGED

    async def broken() -> Any:
        return fails()

    async def story() -> list[str]:
        told = [(await namespace.outcome_async(KEY, load)).level for _ in range(2)]
        assert await namespace.get_or_load_async(KEY, broken) == ONE
        turned(namespace, l2_seconds=0.0, l3_seconds=0.1)
        entry = namespace.shelf.entries[KEY]
        past = msgspec.structs.replace(entry, loaded_at=entry.loaded_at - 10)
        namespace.shelf.put(KEY, past, limit_bytes=1_000_000)
        told.append((await namespace.outcome_async(KEY, broken)).level)
        assert await namespace.get_or_load_async(KEY, load, refresh=refresh) == ONE
        turned(namespace, is_enabled=False)
        told.append((await namespace.outcome_async(KEY, load)).cause)
        return told

    assert asyncio.run(story()) == ["load", "L3", "stale", "disabled"]
    assert [old.value for old in seen] == [ONE]
    turned(namespace, is_enabled=True, l1_seconds=4.0, l3_seconds=3_600.0)
    namespace.get_or_load(KEY, lambda: ONE)
    assert asyncio.run(namespace.get_or_load_async(KEY, broken)) == ONE


def test_two_namespaces_of_one_name_and_what_can_be_changed_are_refused(make_namespace: Callable[..., Any]) -> None:
    @dataclasses.dataclass
    class Loose:
        title: str

    make_namespace()
    with pytest.raises(DeclarationError, match="Two namespaces"):
        Namespace("test", title="Another", value=Page)
    with pytest.raises(DeclarationError, match="not frozen"):
        Namespace("loose", title="Loose", value=Loose)


def test_what_does_not_get_smaller_is_stored_as_it_is(make_namespace: Callable[..., Any], frail: Frail) -> None:
    noise = make_namespace("noise", bytes)
    turned(noise, compress_bytes=100, l1_seconds=0.0)
    value = os.urandom(500)
    noise.get_or_load(KEY, lambda: value)
    assert noise.outcome(KEY, fails).value == value


def test_a_store_that_cannot_be_tended_is_told_once_and_asked_again(
    frail: Frail, caplog: pytest.LogCaptureFixture
) -> None:
    service = Caching()
    frail.answers = 0
    service.step()
    service.step()
    assert caplog.text.count("cannot be tended") == 1
    frail.answers = 2
    service.step()
    frail.answers = 0
    service.step()
    service.stop()
    assert caplog.text.count("cannot be tended") == 2


def test_who_has_no_session_ends_none(frail: Frail) -> None:
    frail.answers = 0
    SessionStore().delete()
    assert frail.answers == 0


def test_a_read_counts_once_when_it_is_over_and_what_stands_in_is_no_miss(
    namespace: Namespace[Any], frail: Frail
) -> None:
    namespace.get_or_load(KEY, lambda: ONE)
    frail.answers = 0
    before = sum(namespace.tally.misses.values())
    seen: list[int] = []

    def fails_late() -> Any:
        seen.append(sum(namespace.tally.misses.values()))
        raise OperationalError

    assert namespace.outcome(KEY, fails_late).is_stale
    assert (seen, sum(namespace.tally.misses.values()), namespace.tally.stale) == ([before], before, 1)


def test_loads_that_hang_hold_up_neither_who_asks_the_store_nor_later_stand_ins(
    namespace: Namespace[Any], frail: Frail
) -> None:
    turned(namespace, l2_seconds=0.0, l3_seconds=0.1, soft_seconds=0.05)
    go_on = Event()
    for number in range(LATE + 1):
        namespace.get_or_load((number,), lambda: ONE)
        entry = namespace.shelf.entries[(number,)]
        old = msgspec.structs.replace(entry, loaded_at=entry.loaded_at - 10)
        namespace.shelf.put((number,), old, limit_bytes=1_000_000)

    def hangs() -> Any:
        go_on.wait(30)
        return TWO

    try:
        stood_in = [namespace.outcome((number,), hangs).is_stale for number in range(LATE + 1)]
        asked = asyncio.run(asyncio.wait_for(ask(lambda: "here"), 10))
    finally:
        go_on.set()
    assert (stood_in, asked) == ([True] * (LATE + 1), "here")
    assert namespace.tally.stale == LATE + 1
    eventually(lambda: namespace.outcome((LATE,), lambda: TWO).value == TWO)


def test_a_part_whose_cache_is_off_vouches_for_nothing(namespace: Namespace[Any], frail: Frail) -> None:
    turned(namespace, is_enabled=False)
    dependencies.begin()
    try:
        namespace.get_or_load(KEY, lambda: ONE)
        assert not dependencies.agree((TAG,), (b"1", b"epoch"))
    finally:
        dependencies.end()


def test_what_lay_in_memory_when_it_was_switched_off_is_not_what_the_store_confirms(
    namespace: Namespace[Any], frail: Frail
) -> None:
    turned(namespace, l1_seconds=4.0)
    namespace.get_or_load(KEY, lambda: ONE)
    turned(namespace, l1_seconds=0.0)
    frail.release(frail.hold([TAG], None))  # by another process, whose message never comes
    assert namespace.get_or_load(KEY, lambda: TWO) == TWO
    assert namespace.shelf.entries[KEY].value == ONE
    confirmed = namespace.get(KEY)
    assert confirmed is not None
    assert confirmed.value == TWO
    assert _entry(namespace, KEY) is None
