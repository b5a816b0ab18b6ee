"""How much memory entries take, and that it is bounded."""

import tracemalloc
from dataclasses import dataclass

import pytest

from apps.caching.exceptions import EntryError
from apps.caching.memory import Entry, Scale, Shelf, deep_bytes
from apps.caching.policy import memory
from apps.caching.record import Codec, decoded
from apps.caching.sessions import Sessions
from apps.caching.tag import Tags, captured
from apps.tuning.handle import State
from tests.caching.conftest import Page


def entry(value: object, size: int) -> Entry:
    fences = captured(Tags().of(["a", "b"])) or ()
    return Entry(value, fences, (b"x" * 16, b"y" * 16), 1.0, 2.0, 3.0, 4.0, 0.0, 0.5, size)


def page(number: int) -> Page:
    return Page(f"title {number}", lines=tuple(f"line {line} of {number}" + "x" * 80 for line in range(40)))


def test_what_is_accounted_is_what_is_taken() -> None:
    shelf, scale, codec = Shelf(), Scale(), Codec(Page)
    tags = Tags()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for number in range(500):
        value = page(number)
        fences = captured(tags.of([f"tag:{number}", "tag:*"])) or ()
        size = scale.weigh(value, len(codec.encode(value)))
        stamps = (f"stamp {number}".encode(), f"stamp * {number}".encode())
        made = Entry(value, fences, stamps, number + 0.1, number + 0.2, number + 0.3, 0.1, 0.0, 0.5, size)
        shelf.put((number, 50), made, limit_bytes=100_000_000)
    taken = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert shelf.bytes == pytest.approx(taken, rel=0.1)


def test_a_shelf_forgets_the_oldest_to_stay_within_its_bound() -> None:
    shelf = Shelf()
    for number in range(10):
        shelf.put(number, entry("x", 100), limit_bytes=500)
    assert (list(shelf.entries), shelf.bytes, shelf.evictions) == ([5, 6, 7, 8, 9], 500, 5)
    assert not shelf.put("large", entry("x", 501), limit_bytes=500)
    shelf.drop(5)
    assert shelf.bytes == 400
    shelf.clear()
    assert shelf.bytes == 0


def test_sessions_have_quotas_each_and_together() -> None:
    memory.swap(State(policy=type(memory.default)(l2_bytes=1_000, l2_session_bytes=400)))
    try:
        kept = Sessions()
        for session in "abc":
            for number in range(6):
                kept.put(session, number, entry("x", 100))
        assert kept.count() == (2, 8)
        assert kept.get("a", 5) is None
        assert kept.get("c", 5) is not None
        kept.drop("c", 5)
        kept.end("b")
        assert (kept.bytes, kept.count()) == (300, (1, 3))
    finally:
        memory.swap(State(policy=memory.default))


def test_what_a_value_has_beside_its_slots_is_measured_too() -> None:
    @dataclass(frozen=True)
    class Loose:
        text: str

    assert deep_bytes(Loose("x" * 10_000)) > 10_000


def test_nothing_is_dropped_of_a_session_that_is_not_known() -> None:
    kept = Sessions()
    kept.drop("unknown", ("name", (1,)))
    assert (kept.bytes, kept.count()) == (0, (0, 0))


def test_bytes_that_are_no_record_are_refused() -> None:
    with pytest.raises(EntryError):
        decoded(b"\xc1")
