"""Presence and typing as state machines: what is not repeated expires."""

from hypothesis import given
from hypothesis import strategies as st

from apps.chat.live.presence import Presence
from apps.chat.live.typists import Typists


def test_person_with_two_sockets_is_here_until_the_last_closes() -> None:
    presence = Presence()
    assert presence.arrive(1, 7, "ann")
    assert not presence.arrive(1, 7, "ann")
    assert not presence.depart(1, 7)
    assert presence.users(1) == {7: "ann"}
    assert presence.depart(1, 7)
    assert presence.users(1) == {}


def test_people_of_a_process_that_died_expire() -> None:
    presence = Presence()
    presence.arrive(1, 7, "ann")
    assert presence.heard("other", 1, [(8, "bob")], until=10)
    assert not presence.heard("other", 1, [(8, "bob")], until=20)
    assert presence.expire(15) == set()
    assert presence.users(1) == {7: "ann", 8: "bob"}
    assert presence.expire(20) == {1}
    assert presence.users(1) == {7: "ann"}


def test_process_that_says_goodbye_takes_its_people_along() -> None:
    presence = Presence()
    presence.heard("other", 1, [(8, "bob")], until=10)
    presence.heard("third", 2, [(9, "eve")], until=10)
    assert presence.gone("other") == {1}
    assert (presence.users(1), presence.users(2)) == ({}, {9: "eve"})


def test_only_people_of_this_process_are_announced() -> None:
    presence = Presence()
    presence.arrive(1, 7, "ann")
    presence.heard("other", 2, [(8, "bob")], until=10)
    assert presence.announced() == [1]
    assert (presence.here(1), presence.here(2)) == ([(7, "ann")], [])


@given(st.lists(st.tuples(st.sampled_from("+-<>x"), st.integers(1, 3), st.integers(1, 3)), max_size=60))
def test_presence_agrees_with_counting(steps: list[tuple[str, int, int]]) -> None:
    presence, here = Presence(), list[tuple[int, int]]()
    elsewhere: dict[int, set[int]] = {}
    for step, conversation, user in steps:
        if step == "+":
            here.append((conversation, user))
            presence.arrive(conversation, user, str(user))
        elif step == "-" and (conversation, user) in here:
            here.remove((conversation, user))
            presence.depart(conversation, user)
        elif step == "<":
            elsewhere[conversation] = {user}
            presence.heard("other", conversation, [(user, str(user))], until=1)
        elif step == ">":
            elsewhere.pop(conversation, None)
            presence.heard("other", conversation, [], until=1)
        elif step == "x":
            elsewhere.clear()
            presence.gone("other")
    for conversation in (1, 2, 3):
        expected = {user for where, user in here if where == conversation} | elsewhere.get(conversation, set())
        assert set(presence.users(conversation)) == expected


def test_typing_is_told_now_and_then_and_expires() -> None:
    typists = Typists()
    assert typists.typed(1, 7, 0.0, repeat_seconds=2)
    assert not typists.typed(1, 7, 1.9, repeat_seconds=2)
    assert typists.typed(1, 7, 2.0, repeat_seconds=2)
    typists.heard(1, 7, "ann", until=7.0)
    assert typists.typing(1, 3.0) == [(7, "ann", 4.0)]
    assert typists.typing(2, 3.0) == []
    typists.expire(7.0, repeat_seconds=2)
    assert typists.typing(1, 6.0) == []


def test_who_sent_is_told_of_at_the_next_key() -> None:
    typists = Typists()
    typists.typed(1, 7, 0.0, repeat_seconds=2)
    typists.heard(1, 7, "ann", until=5.0)
    typists.stopped(1, 7)
    assert typists.typing(1, 0.0) == []
    assert typists.typed(1, 7, 0.1, repeat_seconds=2)
