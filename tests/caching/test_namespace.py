"""Reading through a namespace: levels, lives, stand-ins, loaders' answers."""

import asyncio
import dataclasses
import os
import threading
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from django.db import OperationalError, connection

from apps.caching import current
from apps.caching import finding as finding_module
from apps.caching import namespace as namespace_module
from apps.caching import reading as reading_module
from apps.caching import record as record_module
from apps.caching.answers import UNCHANGED, DoNotStore, Loaded, Old
from apps.caching.current import store
from apps.caching.exceptions import DeclarationError
from apps.caching.models import StoredEntry
from apps.caching.namespace import Namespace
from apps.caching.sessions import end_session, sessions
from apps.caching.statistics import Tally
from apps.caching.stores.database_store import DatabaseStore
from apps.tuning.handle import State
from apps.tuning.signals import policy_changed
from tests.caching.conftest import Page
from tests.caching.http.unheard import elsewhere
from tests.servers.deadline import eventually

pytestmark = pytest.mark.django_db(transaction=True)
KEY = (1,)


class Clock:
    """Time that a test moves, for all who look at it."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of reads, both kinds of it."""
    made = Clock()
    monkeypatch.setattr(namespace_module, "_clock", made)
    monkeypatch.setattr(finding_module, "_clock", made)
    monkeypatch.setattr(reading_module, "_clock", made)
    monkeypatch.setattr(reading_module, "_wall", made)
    monkeypatch.setattr(record_module, "_wall", made)
    return made


class Loader:
    """Answers with what it is told to, and counts."""

    def __init__(self, *answers: Any) -> None:
        self.answers, self.calls = list(answers), 0

    def __call__(self) -> Any:
        self.calls += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def ordered(namespace: Namespace[Any], **changes: Any) -> None:
    """Turn knobs, without jitter and early loads unless asked for."""
    policy = dataclasses.replace(namespace.policy.current, **{"jitter_percent": 0.0, "early_beta": 0.0, **changes})
    namespace.policy.swap(State(policy=policy))


@pytest.fixture(autouse=True)
def in_the_database(monkeypatch: pytest.MonkeyPatch, nothing_kept: None) -> None:
    """Use the store of the embedded default: what is stored can be looked at and damaged."""
    monkeypatch.setitem(current._stores, os.getpid(), DatabaseStore())


@pytest.fixture
def tended(namespace: Namespace[Any]) -> Callable[[], None]:
    """Let the shared store keep what waits."""
    ordered(namespace)
    store().tend()
    return lambda: store().tend()


ONE, TWO = Page("one"), Page("two")


def levels(namespace: Namespace[Any], load: Any, **options: Any) -> str:
    return str(namespace.outcome(KEY, load, **options).level)


def test_a_value_comes_from_the_nearest_level_that_has_it(
    namespace: Namespace[Any], tended: Callable[[], None], clock: Clock
) -> None:
    load = Loader(ONE)
    assert levels(namespace, load, session="s") == "load"
    tended()
    assert levels(namespace, load, session="s") == "L1"
    clock.now += 0.2
    assert levels(namespace, load, session="s") == "L2"
    assert levels(namespace, load) == "L3"
    namespace.shelf.clear()
    sessions.clear()
    assert levels(namespace, load) == "L3"
    assert load.calls == 1


def test_a_sessions_copy_is_looked_at_every_four_seconds(
    namespace: Namespace[Any], tended: Callable[[], None], clock: Clock
) -> None:
    load = Loader(ONE)
    levels(namespace, load, session="s")
    clock.now += 3.9
    assert levels(namespace, load, session="s") == "L2"
    clock.now += 0.2
    assert levels(namespace, load, session="s") == "L3"
    clock.now += 3.9
    assert levels(namespace, load, session="s") == "L2"
    assert load.calls == 1


def test_a_sessions_copy_that_was_kept_as_long_as_one_may_be_is_fetched_whole_and_kept_again(
    namespace: Namespace[Any], tended: Callable[[], None], clock: Clock
) -> None:
    ordered(namespace, l2_seconds=10.0)
    load = Loader(ONE)
    levels(namespace, load, session="s")
    tended()
    clock.now += 11
    assert levels(namespace, load, session="s") == "L3"
    clock.now += 1
    assert levels(namespace, load, session="s") == "L2"
    assert load.calls == 1


def test_a_session_that_begins_late_keeps_a_copy_for_as_long_as_any_other(
    namespace: Namespace[Any], tended: Callable[[], None], clock: Clock
) -> None:
    ordered(namespace, l2_seconds=10.0)
    load = Loader(ONE)
    levels(namespace, load)
    tended()
    clock.now += 11
    assert levels(namespace, load, session="late") == "L3"
    clock.now += 1
    assert levels(namespace, load, session="late") == "L2"


def test_what_another_process_invalidated_is_noticed_without_a_bus(
    namespace: Namespace[Any], tended: Callable[[], None], clock: Clock
) -> None:
    load = Loader(ONE, TWO)
    levels(namespace, load, session="s")
    store().release(store().hold(["thing:1"], connection))
    clock.now += 4.1
    assert namespace.get_or_load(KEY, load, session="s") == TWO
    assert namespace.tally.misses["invalidated"] == 1


def test_a_shortened_life_ends_entries_that_exist(
    namespace: Namespace[Any], tended: Callable[[], None], clock: Clock
) -> None:
    load = Loader(ONE, TWO)
    levels(namespace, load)
    clock.now += 100
    assert namespace.get_or_load(KEY, load) == ONE
    ordered(namespace, l3_seconds=60.0, l2_seconds=60.0)
    clock.now += 1
    assert namespace.get_or_load(KEY, load) == TWO


def test_an_old_value_stands_in_for_a_load_that_fails_and_is_marked(
    namespace: Namespace[Any], tended: Callable[[], None], clock: Clock
) -> None:
    load = Loader(ONE, OperationalError("gone"))
    levels(namespace, load)
    clock.now += 3_700
    found = namespace.outcome(KEY, load)
    assert (found.value, found.is_stale, found.age) == (ONE, True, pytest.approx(3_700))


def test_nothing_stands_in_after_an_invalidation_or_the_grace(
    namespace: Namespace[Any], tended: Callable[[], None], clock: Clock
) -> None:
    load = Loader(ONE, OperationalError("gone"))
    levels(namespace, load)
    namespace.invalidate("thing:1")
    with pytest.raises(OperationalError):
        namespace.get_or_load(KEY, load)
    load = Loader(ONE, OperationalError("gone"))
    levels(namespace, load)
    clock.now += 7_300
    with pytest.raises(OperationalError):
        namespace.get_or_load(KEY, load)


def test_an_answer_of_the_loader_that_is_an_error_is_no_outage(
    namespace: Namespace[Any], tended: Callable[[], None], clock: Clock
) -> None:
    load = Loader(ONE, LookupError("no such thing"))
    levels(namespace, load)
    clock.now += 3_700
    with pytest.raises(LookupError):
        namespace.get_or_load(KEY, load)


def test_loaders_say_how_long_and_whether_at_all(
    namespace: Namespace[Any], tended: Callable[[], None], clock: Clock
) -> None:
    load = Loader(Loaded(ONE, 10.0), DoNotStore(TWO), ONE)
    assert namespace.get_or_load(KEY, load) == ONE
    clock.now += 9
    assert namespace.get_or_load(KEY, load) == ONE
    clock.now += 2
    assert namespace.get_or_load(KEY, load) == TWO
    assert namespace.get_or_load(KEY, load) == ONE
    assert namespace.tally.refusals["loader"] == 1


def test_a_refresh_is_handed_the_old_value_and_may_leave_it(
    namespace: Namespace[Any], tended: Callable[[], None], clock: Clock
) -> None:
    seen: list[Old[Any]] = []
    load = Loader(ONE)

    def refresh(old: Old[Any]) -> Any:
        seen.append(old)
        return UNCHANGED

    assert namespace.get_or_load(KEY, load, refresh=refresh) == ONE
    clock.now += 3_601
    assert namespace.get_or_load(KEY, load, refresh=refresh) == ONE
    assert levels(namespace, load) == "L1"
    assert (load.calls, [old.value for old in seen]) == (1, [ONE])


def test_that_there_is_nothing_is_remembered_for_a_while(
    namespace: Namespace[Any], tended: Callable[[], None], clock: Clock
) -> None:
    load = Loader(None)
    for _ in range(3):
        assert namespace.get_or_load(KEY, load) is None
    clock.now += 5.1
    assert namespace.get_or_load(KEY, load) is None
    assert load.calls == 2


def test_values_are_loaded_early_before_their_life_ends(
    namespace: Namespace[Any], tended: Callable[[], None], clock: Clock
) -> None:
    ordered(namespace, early_beta=10.0)

    def load() -> Page:
        clock.now += 50.0
        return ONE

    namespace.get_or_load(KEY, load)
    for _ in range(118):  # up to sixty seconds before the end: chance would have to miss a hundred times
        clock.now += 30.0
        namespace.get_or_load(KEY, load)
    assert namespace.tally.misses["early"] > 0
    assert namespace.tally.misses["expired"] == 0


def test_a_load_that_takes_too_long_goes_on_while_the_old_value_is_given(
    namespace: Namespace[Any], tended: Callable[[], None], clock: Clock
) -> None:
    ordered(namespace, soft_seconds=0.01)
    namespace.get_or_load(KEY, Loader(ONE))
    clock.now += 3_700
    go_on, done = threading.Event(), threading.Event()

    def load() -> Page:
        go_on.wait(10)
        done.set()
        return TWO

    found = namespace.outcome(KEY, load)
    go_on.set()
    assert (found.value, found.is_stale) == (ONE, True)
    assert done.wait(10)


def test_identical_loads_are_one(
    namespace: Namespace[Any], tended: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on, calls, asking = threading.Event(), threading.Event(), [], []
    run = namespace.scope.run
    monkeypatch.setattr(namespace.scope, "run", lambda *given: (asking.append(1), run(*given))[1])

    def load() -> Page:
        calls.append(1)
        begun.set()
        go_on.wait(10)
        return ONE

    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(namespace.get_or_load(KEY, load))) for _ in range(5)]
    threads[0].start()
    assert begun.wait(10)
    for thread in threads[1:]:
        thread.start()
    eventually(lambda: len(asking) == 5)
    assert namespace.tally.misses["cold"] == 0, "a read counts when it is over: some value may yet stand in"
    go_on.set()
    for thread in threads:
        thread.join()
    assert found == [ONE] * 5
    assert len(calls) == 1
    assert namespace.tally.misses["cold"] == 5


def test_async_reads_go_the_same_way(namespace: Namespace[Any], tended: Callable[[], None]) -> None:
    calls: list[int] = []

    async def load() -> Page:
        calls.append(1)
        return ONE

    async def both() -> list[str]:
        return [(await namespace.outcome_async(KEY, load, session="s")).level for _ in range(3)]

    assert asyncio.run(both()) == ["load", "L1", "L1"]
    assert asyncio.run(namespace.get_async(KEY)) is not None
    assert len(calls) == 1


def test_a_session_that_ends_takes_its_copies_along(
    namespace: Namespace[Any], tended: Callable[[], None], clock: Clock
) -> None:
    namespace.get_or_load(KEY, Loader(ONE), session="s")
    clock.now += 0.2
    assert namespace.peek(KEY, session="s") is not None
    end_session("s")
    assert namespace.peek(KEY, session="s") is None


def test_set_touch_get_many_and_delete(namespace: Namespace[Any], tended: Callable[[], None], clock: Clock) -> None:
    assert namespace.set((1,), ONE)
    assert namespace.set((2,), TWO)
    tended()
    namespace.shelf.clear()
    assert namespace.get_many([(1,), (2,), (3,)]) == {(1,): ONE, (2,): TWO}
    clock.now += 3_000
    assert namespace.touch((1,))
    clock.now += 3_000
    assert namespace.get((1,)) is not None
    assert namespace.get((2,)) is None
    namespace.delete((1,))
    assert namespace.get((1,)) is None


def test_what_another_process_has_invalidated_is_not_touched_into_life(
    namespace: Namespace[Any], tended: Callable[[], None]
) -> None:
    tended()
    namespace.get_or_load(KEY, Loader(ONE))
    elsewhere(list(namespace.tags_of(KEY)))
    assert namespace.peek(KEY) is not None, "nothing was heard of it"
    assert not namespace.touch(KEY)
    namespace.shelf.clear()
    assert namespace.get(KEY) is None


def test_a_clearing_is_obeyed_by_memory_with_the_policy(namespace: Namespace[Any], tended: Callable[[], None]) -> None:
    tended()
    namespace.get_or_load(KEY, Loader(ONE), session="s")
    before = namespace.policy.current
    after = dataclasses.replace(before, clearings=before.clearings + 1)
    policy_changed.send(type(after), name=namespace.policy.name, before=before, after=after)
    assert namespace.peek(KEY, session="s") is None


def test_a_key_without_tags_is_a_tag_of_its_own(make_namespace: Callable[..., Namespace[Any]]) -> None:
    plain = make_namespace("plain", str)
    assert plain.get_or_load(("a",), Loader("x")) == "x"
    plain.delete(("a",))
    assert plain.get_or_load(("a",), Loader("y")) == "y"


def test_switched_off_it_only_loads(namespace: Namespace[Any], tended: Callable[[], None]) -> None:
    load = Loader(ONE)
    ordered(namespace, is_enabled=False)
    assert [levels(namespace, load) for _ in range(2)] == ["load", "load"]
    assert namespace.peek(KEY) is None


def test_a_clearing_leaves_nothing_to_find(namespace: Namespace[Any], tended: Callable[[], None], clock: Clock) -> None:
    namespace.get_or_load(KEY, Loader(ONE))
    tended()
    ordered(namespace, clearings=1)
    namespace.shelf.clear()
    assert namespace.get_or_load(KEY, Loader(TWO)) == TWO


def test_what_is_too_large_is_not_kept(namespace: Namespace[Any], tended: Callable[[], None]) -> None:
    ordered(namespace, entry_bytes=1_000)
    namespace.get_or_load(KEY, Loader(Page("x" * 2_000)))
    assert namespace.tally.refusals["size"] == 1
    assert namespace.peek(KEY) is None


@pytest.mark.parametrize("damage", ["flip", "copy", "key", "kind"])
def test_poisoned_entries_are_refused_counted_and_loaded_anew(
    namespace: Namespace[Any], tended: Callable[[], None], damage: str, settings: Any
) -> None:
    namespace.get_or_load((1,), Loader(ONE))
    namespace.get_or_load((2,), Loader(TWO))
    tended()
    damaged(namespace, damage, settings)
    namespace.shelf.clear()
    assert namespace.get_or_load((1,), Loader(Page("anew"))) == Page("anew")
    assert namespace.tally.misses["corrupt"] == 1


def damaged(namespace: Namespace[Any], damage: str, settings: Any) -> None:
    rows = StoredEntry.objects.filter(pk=namespace.place((1,)).digest)
    if damage == "flip":
        data = bytearray(rows.get().data)
        data[len(data) // 2] ^= 1
        rows.update(data=bytes(data))
    elif damage == "copy":
        rows.update(data=StoredEntry.objects.get(pk=namespace.place((2,)).digest).data)
    elif damage == "key":
        settings.CACHE_KEYS = ["another key of 16 and more"]
    else:
        ordered(namespace, is_sensitive=True)


def test_keys_are_rotated_without_a_flush(namespace: Namespace[Any], tended: Callable[[], None], settings: Any) -> None:
    settings.CACHE_KEYS = ["the first of the keys"]
    namespace.get_or_load(KEY, Loader(ONE))
    tended()
    settings.CACHE_KEYS = ["the second of the keys", "the first of the keys"]
    namespace.shelf.clear()
    assert levels(namespace, Loader(TWO)) == "L3"


@pytest.mark.parametrize("is_sensitive", [True, False])
def test_large_values_are_compressed_and_sensitive_ones_unreadable(
    namespace: Namespace[Any], tended: Callable[[], None], is_sensitive: bool
) -> None:
    ordered(namespace, is_sensitive=is_sensitive, compress_bytes=2_048)
    page = Page("secret", lines=("the same line",) * 1_000)
    namespace.get_or_load(KEY, Loader(page))
    tended()
    namespace.shelf.clear()
    assert namespace.get_or_load(KEY, Loader(TWO)) == page
    data = bytes(StoredEntry.objects.get(pk=namespace.place(KEY).digest).data)
    assert len(data) < 1_000
    assert data[:1] == (b"\x01" if is_sensitive else b"\x02")


def test_values_that_one_reader_could_change_for_all_are_refused(make_namespace: Callable[..., Any]) -> None:
    class Loose(msgspec.Struct):
        lines: tuple[str, ...]

    for number, kind in enumerate((list[str], dict[str, int], Loose, tuple[list[int], ...])):
        with pytest.raises(DeclarationError):
            Namespace(f"bad{number}", title="Bad", value=kind)  # type: ignore[arg-type]
    assert isinstance(make_namespace("good", tuple[str, ...]).tally, Tally)


@pytest.mark.parametrize("key", [1, [1], (1.0,), ((1,),), (b"x",)])
def test_keys_are_tuples_of_plain_parts(namespace: Namespace[Any], key: Any) -> None:
    with pytest.raises(TypeError):
        namespace.place(key)
