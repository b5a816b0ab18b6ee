"""Declaring a policy: what is taken, what is refused, what a reader gets."""

from collections.abc import Callable
from dataclasses import FrozenInstanceError
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.tuning.declaration import Policy, fields_of, policy, values_of
from apps.tuning.exceptions import DeclarationError, PolicyError, UnknownPolicyError
from apps.tuning.handle import Handle
from apps.tuning.knob import knob
from apps.tuning.registry import declare, declared, handle_of, withdraw
from apps.tuning.schema import schema_of
from tests.tuning.lamp import Colour, LampPolicy

T = TypeVar("T")
WORDS: dict[str, str] = {"help": "What it does.", "effect": "At once."}
ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=30), st.lists(st.integers(), max_size=2)
)


def test_a_declared_policy_is_read_by_attribute(lamp: Handle[LampPolicy]) -> None:
    assert lamp.current.watts == 40
    assert lamp.current.colour is Colour.RED
    assert lamp.description == "How the lamp shines."
    assert handle_of("lamp") is lamp
    assert lamp in declared()
    assert "lamp" in repr(lamp)


def test_a_snapshot_cannot_be_changed_and_has_no_dictionary(lamp: Handle[LampPolicy]) -> None:
    with pytest.raises(FrozenInstanceError):
        lamp.current.watts = 1  # type: ignore[misc]
    assert not hasattr(lamp.current, "__dict__")


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("watts", 0, "must be from 1 to 100 W, not 0."),
        ("watts", 101, "must be from 1 to 100 W, not 101."),
        ("watts", 1.0, "whole number"),
        ("watts", True, "whole number"),
        ("watts", "40", "whole number"),
        ("fade_seconds", 10.5, "must be from 0 to 10 seconds, not 10.5."),
        ("fade_seconds", float("nan"), "must be a number."),
        ("fade_seconds", float("inf"), "must be a number."),
        ("fade_seconds", False, "must be a number."),
        ("is_on", 1, "on or off"),
        ("colour", "green", "one of red, blue"),
        ("mode", None, "one of steady, blinking"),
        ("label", "x" * 21, "must have from 0 to 20 characters, not 21."),
        ("label", "two\nlines", "one line"),
        ("label", "\ud800", "printable"),
        ("label", 5, "a text"),
    ],
)
def test_a_wrong_value_is_refused_by_name_bounds_and_unit(field: str, value: object, reason: str) -> None:
    with pytest.raises(PolicyError) as refused:
        LampPolicy(**{field: value})  # type: ignore[arg-type]
    assert refused.value.field == field
    assert reason in refused.value.reason
    assert str(refused.value).startswith(f"{field}: ")


def test_values_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(PolicyError, match=r"^surge_watts: must be watts \(80\) or more\.$"):
        LampPolicy(watts=80)
    assert LampPolicy(watts=80, surge_watts=80).watts == 80


def test_a_whole_number_is_a_number() -> None:
    assert isinstance(LampPolicy(fade_seconds=3).fade_seconds, float)


def attempted(make: Callable[[], T]) -> tuple[T | None, str]:
    """Return what was made, or the field that the refusal names."""
    try:
        return make(), ""
    except PolicyError as error:
        return None, error.field


@given(field=st.sampled_from([field.name for field in fields_of(LampPolicy)]), value=ANYTHING)
def test_whatever_is_given_a_policy_keeps_its_bounds(field: str, value: Any) -> None:
    made, refused = attempted(lambda: LampPolicy(**{field: value}))
    if made is None:
        assert refused in {field, "surge_watts"}
        return
    assert 1 <= made.watts <= made.surge_watts <= 200
    assert made.watts <= 100
    assert 0 <= made.fade_seconds <= 10
    assert len(made.label) <= 20
    assert LampPolicy(**values_of(made)) == made  # type: ignore[arg-type]


@given(text=st.text(max_size=40))
def test_whatever_is_typed_is_taken_within_bounds_or_refused_by_name(text: str) -> None:
    for field in fields_of(LampPolicy):
        value, refused = attempted(lambda field=field: field.parsed(text))  # type: ignore[misc]
        assert refused == field.name if value is None else field.checked(value) == value


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("watts", " 12 ", 12),
        ("fade_seconds", "1e0", 1.0),
        ("is_on", "Off", False),
        ("is_on", "yes", True),
        ("colour", "blue", Colour.BLUE),
        ("label", " as it stands", " as it stands"),
    ],
)
def test_typed_values_are_read(field: str, text: str, value: object) -> None:
    fields = {each.name: each for each in fields_of(LampPolicy)}
    assert fields[field].parsed(text) == value


@pytest.mark.parametrize("field", ["watts", "fade_seconds", "is_on"])
def test_typed_nonsense_is_refused(field: str) -> None:
    fields = {each.name: each for each in fields_of(LampPolicy)}
    with pytest.raises(PolicyError, match=f"^{field}: must be"):
        fields[field].parsed("perhaps")


@pytest.mark.parametrize(
    ("hint", "made", "reason"),
    [
        (int, knob(1, **WORDS), "needs minimum and maximum"),
        (int, knob(1, minimum=5, maximum=2, **WORDS), "needs minimum and maximum"),
        (int, knob(9, minimum=1, maximum=5, **WORDS), "the default must be from 1 to 5"),
        (int, knob(1, minimum=0.5, maximum=5, **WORDS), "whole numbers"),
        (bytes, knob(b"", **WORDS), "no type of a knob"),
        (bool, knob(True, help=" ", effect="At once."), "help and effect"),
        (int, 5, "no knob"),
    ],
)
def test_a_wrong_declaration_stops_the_start(hint: Any, made: Any, reason: str) -> None:
    with pytest.raises(DeclarationError, match=reason):
        policy(type("Odd", (Policy,), {"__annotations__": {"value": hint}, "value": made, "__module__": __name__}))


@pytest.mark.parametrize("name", ["lamp", "Lamp", "", "a-b", "x" * 51])
def test_a_name_is_declared_once_and_plain(lamp: Handle[LampPolicy], name: str) -> None:
    with pytest.raises(DeclarationError):
        declare(LampPolicy, name=name, title="Another")
    assert handle_of("lamp") is lamp


def test_a_withdrawn_policy_is_unknown(lamp: Handle[LampPolicy]) -> None:
    withdraw("lamp")
    with pytest.raises(UnknownPolicyError, match="no policy 'lamp'"):
        handle_of("lamp")


def test_the_schema_says_what_the_declaration_says(lamp: Handle[LampPolicy]) -> None:
    schema = schema_of(lamp)
    assert (schema["title"], schema["additionalProperties"]) == ("Lamp", False)
    assert schema["properties"]["watts"] == {
        "title": "Watts",
        "description": "How bright.",
        "type": "integer",
        "minimum": 1,
        "maximum": 100,
        "default": 40,
        "x-unit": "W",
        "x-group": "Power",
        "x-effect": "At once.",
    }
    assert schema["properties"]["colour"]["enum"] == ["red", "blue"]
    assert schema["properties"]["mode"]["enum"] == ["steady", "blinking"]
    assert schema["properties"]["is_on"]["type"] == "boolean"
    assert schema["properties"]["fade_seconds"]["type"] == "number"
    assert schema["properties"]["label"]["maxLength"] == 20
