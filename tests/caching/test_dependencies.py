"""A whole is only kept under stamps that all its parts were read under."""

import threading
from collections.abc import Iterator

import pytest

from apps.caching import dependencies

TAGS, STAMPS = ("a", "b"), (b"1", b"2", b"epoch")


@pytest.fixture(autouse=True)
def listening() -> Iterator[None]:
    dependencies.begin()
    yield
    dependencies.end()


def test_a_whole_without_parts_agrees() -> None:
    assert dependencies.agree(TAGS, STAMPS)


def test_parts_under_the_same_stamps_agree_in_any_order_and_number() -> None:
    dependencies.note(("b", "a"), (b"2", b"1", b"epoch"), "L1")
    dependencies.note(("b",), (b"2", b"epoch"), "L3")
    assert dependencies.agree(TAGS, STAMPS)


@pytest.mark.parametrize(
    ("tags", "stamps"),
    [
        (("a",), (b"0", b"epoch")),
        (("a",), (b"1", b"another epoch")),
        (("c",), (b"1", b"epoch")),
        (("a",), None),
    ],
)
def test_one_part_of_another_moment_is_enough_to_disagree(
    tags: tuple[str, ...], stamps: dependencies.Stamps | None
) -> None:
    dependencies.note(("a",), (b"1", b"epoch"), "L1")
    dependencies.note(tags, stamps, "cold")
    dependencies.note(("b",), (b"2", b"epoch"), "L3")
    assert not dependencies.agree(TAGS, STAMPS)


def test_nothing_is_noted_while_nobody_listens() -> None:
    dependencies.end()
    dependencies.note(("a",), None, "L1")
    assert dependencies.heard.parts is None
    assert dependencies.agree(TAGS, STAMPS)
    dependencies.begin()
    assert dependencies.heard.parts == []


def test_a_part_is_told_by_where_it_came_from_last() -> None:
    assert dependencies.source_of(("a",)) == ""
    for tags, source in ((("a",), "cold"), (("b",), "L3"), (("a",), "L1")):
        dependencies.note(tags, (b"1", b"epoch"), source)
    assert [dependencies.source_of(tags) for tags in (("a",), ("b",), ("c",))] == ["L1", "L3", ""]
    dependencies.end()
    assert dependencies.source_of(("a",)) == ""


def test_each_thread_listens_for_itself() -> None:
    seen: list[object] = []
    thread = threading.Thread(target=lambda: seen.append(dependencies.heard.parts))
    thread.start()
    thread.join()
    assert seen == [None]


def test_stamps_go_by_their_tags_and_the_epoch_by_none() -> None:
    assert dependencies.named(("a",), (b"1", b"epoch")) == {"a": b"1", "": b"epoch"}
    assert dependencies.named(("a", "b"), (b"1", b"2")) == {"a": b"1", "b": b"2"}
