"""Exceptions that are the same, and nothing of what anybody wrote."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.chat.text import checked_line
from apps.monitoring.archive import groups
from apps.monitoring.archive.groups import Group, grouped, place_of, raised, template_of


class WordlessError(Exception):
    """One that fails when it is asked what it says."""

    def __str__(self) -> str:
        raise RuntimeError("no words")


def caught(fails: Callable[[], object]) -> BaseException:
    with pytest.raises(BaseException) as told:  # noqa: PT011  (whatever it is, it is looked at)
        fails()
    return told.value


def group_of(fails: Callable[[], object], route: str = "api/conversations") -> Group:
    return grouped(raised(caught(fails), route=route, at=1.0))


def fail(secret: str) -> None:
    password = secret
    raise ValueError(f"'{password}' of {len(secret)} characters is refused")


def test_one_type_from_one_place_on_one_route_is_one_group() -> None:
    made = {group_of(lambda text=text: fail(text)).digest for text in ("rosebud", "swordfish", "x" * 40)}
    assert len(made) == 1
    assert group_of(lambda: fail("rosebud"), route="other").digest not in made


def test_other_types_and_places_are_other_groups() -> None:
    one, other = group_of(lambda: fail("a")), group_of(lambda: checked_line("title", "", maximum=1))
    assert len({one.digest, other.digest}) == 2
    assert other.place.startswith("apps/chat/text.py:")
    assert other.error == "apps.chat.exceptions.InvalidError"


def test_the_place_is_ours_also_where_a_library_raised() -> None:
    made = group_of(lambda: st.integers(min_value=2, max_value=1).validate())
    assert made.place.startswith("tests/monitoring/recorders/test_groups.py:")
    assert "hypothesis/" in made.traceback
    assert "site-packages" not in made.traceback


def test_without_a_place_of_ours_the_innermost_counts() -> None:
    assert place_of(()) == "elsewhere"
    error = caught(lambda: st.integers(min_value=2, max_value=1).validate())
    steps = raised(error, route="", at=0.0).steps[1:]
    assert place_of(steps[-1:]).startswith("hypothesis/")


def test_the_traceback_shows_code_and_no_values() -> None:
    made = group_of(lambda: fail("rosebud-1234567"))
    assert "raise ValueError(f\"'{password}' of {len(secret)} characters is refused\")" in made.traceback
    assert made.traceback.endswith("ValueError: '…' of 0 characters is refused")
    assert "rosebud" not in made.traceback.replace('fail("rosebud-1234567")', "")


def test_what_an_exception_was_the_consequence_of_is_named() -> None:
    def chained() -> None:
        try:
            fail("rosebud")
        except ValueError as error:
            raise KeyError("bob@example.com") from error

    made = group_of(chained)
    assert made.traceback.startswith("While ValueError was handled")
    assert "example.com" not in made.traceback.replace('KeyError("bob@example.com")', "")


def test_a_recursion_keeps_its_innermost_frames() -> None:
    def deeper(number: int) -> int:
        return deeper(number + 1)

    made = raised(caught(lambda: deeper(0)), route="", at=0.0)
    assert len(made.steps) == groups.FRAMES
    assert len(grouped(made).traceback) <= groups.TRACEBACK_CHARACTERS


@given(st.integers(10, 10**12))
def test_templates_have_neither_addresses_nor_numbers(number: int) -> None:
    made = template_of(f"no mail to bob@example.com or 'bob {number}', code {number}")
    assert str(number) not in made
    assert "bob" not in made


def test_an_exception_that_cannot_say_what_it_is_is_not_our_failure() -> None:
    with pytest.raises(RuntimeError, match="no words"):
        raised(WordlessError(), route="", at=0.0)
