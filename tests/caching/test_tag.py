"""Tags of a process: one object per name, and versions that never come again."""

import gc

from apps.caching.tag import HELD, Tags, captured, is_unmoved


def test_a_name_is_one_tag_for_all_who_hold_it_and_none_for_nobody() -> None:
    tags = Tags()
    first, second = tags.of(["a", "b"])
    assert (first.name, second.name) == ("a", "b")
    assert tags.of(["a"]) == (first,)
    assert tags.known(["a", "b", "c"]) == {first, second}
    del first
    gc.collect()
    assert tags.known(["a", "b", "c"]) == {second}


def test_versions_rise_by_one_and_never_come_again() -> None:
    tags = Tags()
    [tag] = tags.of(["a"])
    assert tag.version == 0
    for expected in (1, 2):
        tags.bump(["a", "unknown"])
        assert tag.version == expected
    tags.release(tags.hold(["a"]))
    assert tag.version == 3


def test_bumping_all_bumps_every_tag() -> None:
    tags = Tags()
    one, two = tags.of(["a", "b"])
    tags.bump(["a"])
    tags.bump_all()
    assert (one.version, two.version) == (2, 1)


def test_a_tag_is_held_until_its_last_holder_lets_go() -> None:
    tags = Tags()
    one, two = tags.of(["a", "b"])
    first, second = tags.hold(["a", "b"]), tags.hold(["a"])
    assert (one.version, two.version) == (HELD, HELD)
    tags.release(first)
    assert (one.version, two.version) == (HELD, 1)
    tags.release(second)
    assert (one.version, two.version) == (2, 1)


def test_what_moves_while_a_tag_is_held_is_not_forgotten() -> None:
    tags = Tags()
    [tag] = tags.of(["a"])
    held = tags.hold(["a"])
    tags.bump(["a"])
    assert tag.version == HELD
    tags.release(held)
    assert tag.version == 2


def test_holding_makes_the_tags_and_returns_them_in_order() -> None:
    tags = Tags()
    held = tags.hold(["b", "a"])
    assert [tag.name for tag in held] == ["b", "a"]
    assert tags.of(["b", "a"]) == held


def test_versions_are_captured_unless_one_is_held() -> None:
    tags = Tags()
    one, two = tags.of(["a", "b"])
    tags.bump(["b"])
    assert captured([one, two]) == ((one, 0), (two, 1))
    assert captured([]) == ()
    held = tags.hold(["b"])
    assert captured([one]) == ((one, 0),)
    assert captured([one, two]) is None
    tags.release(held)
    assert captured([two]) == ((two, 2),)


def test_fences_are_unmoved_while_every_version_is_what_it_was() -> None:
    tags = Tags()
    fences = captured(tags.of(["a", "b"]))
    assert fences is not None
    assert is_unmoved(fences)
    assert is_unmoved(())
    held = tags.hold(["b"])
    assert not is_unmoved(fences)
    tags.release(held)
    assert not is_unmoved(fences)
