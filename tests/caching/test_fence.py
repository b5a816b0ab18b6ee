"""What a read knew before and knows after: nothing that moved in between is taken for current."""

import pytest

from apps.caching.fence import Fence, agreed
from apps.caching.tag import Tags

STAMPS = (b"one", b"two", b"epoch")


def p1() -> str:
    return "p1"


def p2() -> str:
    return "p2"


@pytest.fixture
def tags() -> Tags:
    return Tags()


def taken(tags: Tags, *names: str) -> Fence:
    """Return a fence around the tags that were free."""
    fence = Fence()
    assert fence.take(tags.of(names))
    return fence


def test_a_fence_that_was_never_taken_does_not_stand() -> None:
    fence = Fence()
    assert not fence.stands()
    assert fence.versions is None
    assert fence.stamps is None


def test_a_fence_stands_until_one_of_its_tags_moves(tags: Tags) -> None:
    fence, other = taken(tags, "a", "b"), taken(tags, "c")
    assert fence.stands()
    tags.bump(["b"])
    assert not fence.stands()
    assert other.stands()


def test_a_fence_without_tags_stands(tags: Tags) -> None:
    assert taken(tags).stands()


def test_around_a_held_tag_none_is_taken(tags: Tags) -> None:
    held = tags.hold(["b"])
    fence = Fence()
    assert fence.take(tags.of(["a", "b"])) is False
    assert not fence.stands()
    tags.release(held)
    assert fence.take(tags.of(["a", "b"])) is True
    assert fence.stands()


def test_a_fence_falls_with_a_hold_and_stays_down_after_its_release(tags: Tags) -> None:
    fence = taken(tags, "a")
    held = tags.hold(["a"])
    assert not fence.stands()
    tags.release(held)
    assert not fence.stands()


def test_only_what_was_kept_under_the_stamps_of_now_is_covered() -> None:
    fence = Fence()
    assert not fence.covers(())
    assert fence.hear(STAMPS) is True
    assert fence.covers(STAMPS)
    assert not fence.covers((b"one", b"three", b"epoch"))
    assert not fence.covers(())


def test_while_the_store_holds_a_tag_nothing_is_covered() -> None:
    fence = Fence()
    fence.hear(STAMPS)
    assert fence.hear(None) is False
    assert not fence.covers(STAMPS)


def test_who_reads_under_the_same_stamps_shares_a_round_in_any_process(tags: Tags) -> None:
    here, there, later = taken(tags, "a"), taken(Tags(), "a"), taken(tags, "a")
    for fence, stamps in ((here, STAMPS), (there, STAMPS), (later, (b"one", b"three", b"epoch"))):
        fence.hear(stamps)
    assert here.round(p1) == there.round(p2) == "one,two,epoch"
    assert later.round(p1) != here.round(p1)


def test_without_the_store_a_round_is_one_process_s_and_ends_with_an_invalidation(tags: Tags) -> None:
    before = taken(tags, "a", "b")
    assert before.round(p1) == taken(tags, "a", "b").round(p1) == "p1:0,0"
    assert before.round(p2) == "p2:0,0"
    tags.bump(["b"])
    assert taken(tags, "a", "b").round(p1) == "p1:0,1"
    assert Fence().round(p1) == "p1:"


def test_stamps_agree_unless_one_is_a_list_of_holders() -> None:
    assert agreed([b"one", b"two|"]) == (b"one", b"two|")
    assert agreed([]) == ()
    assert agreed([None, b"one"]) == (b"", b"one")
    assert agreed([b"one", b"|holder:17"]) is None
    assert agreed([b"|holder:17", b"one"]) is None
