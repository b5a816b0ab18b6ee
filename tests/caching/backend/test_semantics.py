"""What Django's documentation promises of a cache, by both stores."""

import threading
import time
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import InvalidCacheKey
from django.core.cache.backends.base import CacheKeyWarning
from django.db import connection, transaction

from apps.caching.backend import LevelledCache
from apps.caching.backend.area import areas, declare_areas
from apps.tuning.handle import State
from tests.caching.backend.conftest import Make, forget_memory, join_bus
from tests.servers.deadline import eventually


def key_of(key: str, prefix: str, version: int) -> str:
    return f"custom|{prefix}|{version}|{key}"


def test_a_value_is_had_back_until_it_is_deleted(cache: LevelledCache) -> None:
    cache.set("key", "value")
    assert cache.get("key") == "value"
    assert cache.delete("key") is True
    assert cache.delete("key") is False
    assert cache.get("key") is None
    assert cache.get("key", "default") == "default"


def test_none_is_a_value_and_no_miss(cache: LevelledCache) -> None:
    cache.set("key", None)
    assert cache.get("key", "default") is None
    assert cache.has_key("key")
    assert "key" in cache
    assert cache.get_or_set("key", "other") is None
    assert cache.add("key", "other") is False


def test_add_keeps_only_what_is_new(cache: LevelledCache) -> None:
    assert cache.add("key", 1) is True
    assert cache.add("key", 2) is False
    assert cache.get("key") == 1
    assert cache.add("gone", 1, timeout=0) is True
    assert cache.add("key", 1, timeout=0) is False
    assert "gone" not in cache


def test_get_or_set_asks_for_the_default_once(cache: LevelledCache) -> None:
    calls: list[int] = []
    assert cache.get_or_set("key", lambda: calls.append(1) or "made") == "made"
    assert cache.get_or_set("key", lambda: calls.append(1) or "other") == "made"
    assert len(calls) == 1
    assert cache.get_or_set("plain", 7) == 7


def test_numbers_go_up_and_down(cache: LevelledCache) -> None:
    cache.set("number", 41)
    assert cache.incr("number") == 42
    assert cache.incr("number", 10) == 52
    assert cache.decr("number", 2) == 50
    assert cache.incr("number", -60) == -10
    assert cache.get("number") == -10
    cache.set("large", 2**70)
    assert cache.incr("large") == 2**70 + 1


def test_what_is_missing_cannot_be_counted(cache: LevelledCache) -> None:
    for change in (cache.incr, cache.decr, cache.incr_version, cache.decr_version):
        with pytest.raises(ValueError, match="not found"):
            change("missing")
    assert "missing" not in cache


def test_counting_leaves_the_life_as_it_was(cache: LevelledCache) -> None:
    cache.set("number", 1, timeout=1.5)
    cache.incr("number")
    assert eventually(lambda: cache.get("number") is None, seconds=3)


def test_a_life_ends(cache: LevelledCache) -> None:
    cache.set("key", "value", timeout=60)
    assert cache.get("key") == "value"
    cache.set("key", "value", timeout=0.2)
    assert eventually(lambda: cache.get("key") is None, seconds=3)
    assert cache.add("key", "new") is True
    assert cache.get("key") == "new"


def test_zero_and_less_end_at_once(cache: LevelledCache) -> None:
    for timeout in (0, -1):
        cache.set("key", "old")
        cache.set("key", "value", timeout=timeout)
        assert "key" not in cache
    cache.set_many({"one": 1, "two": 2}, timeout=0)
    assert cache.get_many(["one", "two"]) == {}


def test_none_means_for_ever_and_touch_changes_a_life(cache: LevelledCache) -> None:
    cache.set("key", "value", timeout=None)
    assert cache.touch("key", 0.2) is True
    assert eventually(lambda: cache.get("key") is None, seconds=3)
    assert cache.touch("key") is False
    cache.set("kept", "value", timeout=1)
    assert cache.touch("kept", timeout=None) is True
    end = time.monotonic() + 1.2
    assert eventually(lambda: time.monotonic() > end, seconds=3)
    assert cache.get("kept") == "value"
    assert cache.touch("kept", 0) is True
    assert "kept" not in cache


def test_the_default_life_is_the_settings_own(make_cache: Make) -> None:
    cache = make_cache(TIMEOUT=0.2)
    cache.set("key", "value")
    cache.set("kept", "value", timeout=60)
    assert eventually(lambda: cache.get("key") is None, seconds=3)
    assert cache.get("kept") == "value"


def test_many_are_set_read_and_deleted_together(cache: LevelledCache) -> None:
    assert cache.set_many({"one": 1, "two": 2, "three": 3}) == []
    assert cache.get_many(["one", "two", "four"]) == {"one": 1, "two": 2}
    cache.delete_many(["one", "two"])
    assert cache.get_many(["one", "two", "three"]) == {"three": 3}
    cache.delete_many([])
    assert cache.get("three") == 3
    assert cache.set_many({}) == []
    assert cache.get_many([]) == {}
    assert cache.get_many(key for key in ("three",)) == {"three": 3}


def test_versions_are_apart(make_cache: Make) -> None:
    cache, second = make_cache(), make_cache(VERSION=2)
    cache.set("key", "first")
    assert cache.get("key", version=2) is None
    second.set("key", "second")
    assert cache.get_many(["key"], version=2) == {"key": "second"}
    assert second.get("key", version=1) == "first"
    cache.delete("key", version=2)
    assert "key" not in second
    assert cache.incr_version("key") == 2
    assert cache.get("key") is None
    assert cache.get("key", version=2) == "first"
    assert cache.decr_version("key", version=2) == 1
    assert cache.get("key") == "first"


def test_prefixes_are_apart_and_clear_forgets_its_own_alone(make_cache: Make) -> None:
    ours, theirs = make_cache(KEY_PREFIX="ours"), make_cache(KEY_PREFIX="theirs")
    ours.set("key", 1)
    theirs.set("key", 2)
    assert (ours.get("key"), theirs.get("key")) == (1, 2)
    ours.clear()
    assert ours.get("key") is None
    assert theirs.get("key") == 2
    ours.set("key", 3)
    assert ours.get("key") == 3


def test_a_key_function_of_ones_own_is_used(make_cache: Make) -> None:
    one, other = make_cache(KEY_FUNCTION=key_of), make_cache()
    one.set("key", "value")
    assert one.get("key") == "value"
    assert other.get("key") is None
    assert one.make_key("key") == "custom||1|key"


@pytest.mark.parametrize("key", ["a key with spaces", "x" * 251])
def test_keys_that_other_caches_would_refuse_are_warned_of_and_work(cache: LevelledCache, key: str) -> None:
    calls: list[Any] = [lambda: cache.set(key, "value"), lambda: cache.get(key), lambda: cache.add(key, 1)]
    for call in calls:
        with pytest.warns(CacheKeyWarning):
            call()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CacheKeyWarning)
        assert cache.get(key) == "value"


def test_a_stricter_cache_refuses_keys_at_every_call(make_cache: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = make_cache()

    def refuse(key: str) -> None:
        if "!" in key:
            raise InvalidCacheKey(key)

    monkeypatch.setattr(cache, "validate_key", refuse)
    calls: list[Any] = [
        lambda: cache.get("!"),
        lambda: cache.set("!", 1),
        lambda: cache.add("!", 1),
        lambda: cache.touch("!"),
        lambda: cache.delete("!"),
        lambda: cache.incr("!"),
        lambda: cache.get_many(["!"]),
        lambda: cache.set_many({"!": 1}),
        lambda: cache.delete_many(["!"]),
    ]
    for call in calls:
        with pytest.raises(InvalidCacheKey):
            call()
    assert cache.get("fine") is None


def test_a_reader_cannot_change_what_others_read(cache: LevelledCache) -> None:
    cache.set("key", {"list": [1, 2]})
    cache.get("key")["list"].append(3)
    assert cache.get("key") == {"list": [1, 2]}


@pytest.fixture
def patient(cache: LevelledCache) -> Iterator[LevelledCache]:
    """A cache whose memory answers for so long that no machine is too slow for it."""
    handle = cache.area.policy
    before = handle.current
    handle.swap(State(policy=type(before)(l1_seconds=4)))
    join_bus()
    yield cache
    handle.swap(State(policy=before))


def test_memory_answers_for_a_moment_and_never_after_a_change(patient: LevelledCache) -> None:
    cache = patient
    cache.set("key", 1)
    cache.get("key")
    before = cache.area.tally.l3
    assert cache.near("key") == (1,)
    assert cache.get("key") == 1
    assert cache.area.tally.l3 == before
    changes: list[tuple[Any, Any]] = [
        (lambda: cache.set("key", 2), 2),
        (lambda: cache.incr("key"), 3),
        (lambda: cache.delete("key"), None),
        (lambda: cache.add("key", 4), 4),
        (lambda: cache.set_many({"key": 5}), 5),
        (cache.clear, None),
    ]
    for change, value in changes:
        change()
        assert cache.get("key") == value
    assert eventually(lambda: cache.near("key") == (), seconds=3)


def test_in_a_transaction_memory_is_not_believed(patient: LevelledCache) -> None:
    patient.set("key", 1)
    patient.get("key")
    assert patient.near("key") == (1,)
    with transaction.atomic():
        assert patient.near("key") == ()
        assert patient.get("key") == 1


def test_caches_of_other_backends_have_no_area(settings: Any) -> None:
    settings.CACHES = {"plain": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "plain"}}
    before = areas()
    declare_areas()
    assert areas() == before


def test_no_count_is_lost_between_threads(cache: LevelledCache) -> None:
    cache.set("number", 0, timeout=None)

    def count() -> None:
        for _ in range(20):
            cache.incr("number")
        connection.close()

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert cache.get("number") == 80


def test_in_a_transaction_a_change_is_read_at_once(cache: LevelledCache) -> None:
    cache.set("key", "old")
    with transaction.atomic():
        cache.set("key", "new")
        assert cache.get("key") == "new"
        assert cache.near("key") == ()
    assert cache.get("key") == "new"


async def test_event_loops_have_all_of_it(cache: LevelledCache) -> None:
    await cache.aset("key", 1)
    forget_memory(cache)
    assert await cache.aget("key") == 1
    assert await cache.aget("key") == 1
    assert await cache.aadd("key", 2) is False
    assert await cache.aincr("key", 4) == 5
    assert await cache.adecr("key") == 4
    assert await cache.atouch("key", 60) is True
    assert await cache.ahas_key("key") is True
    assert await cache.aget_or_set("made", lambda: 7) == 7
    assert await cache.aset_many({"one": 1}) == []
    assert await cache.aget_many(["one", "made", "none"]) == {"one": 1, "made": 7}
    assert await cache.aincr_version("one") == 2
    assert await cache.aget("one", version=2) == 1
    await cache.adelete_many(["made"])
    assert await cache.adelete("key") is True
    await cache.aclear()
    assert await cache.aget("one", "none", version=2) == "none"
