"""Stored values that this version of the code does not take: defaults in their place, told loudly."""

from typing import Any

import pytest

from apps.tuning.current import refresh
from apps.tuning.declaration import values_of
from apps.tuning.handle import Handle
from apps.tuning.models import PolicyRevision
from apps.tuning.overview import standing
from apps.tuning.services.changes import revert_policy
from apps.tuning.snapshot import snapshot
from tests.tuning.lamp import ANN, LampPolicy
from tests.tuning.test_changes import turn

OLD: dict[str, Any] = {"watts": 50, "surge_watts": 60, "colour": "green", "gone": 5, "is_on": False}


def keep(values: dict[str, Any]) -> None:
    """Keep values as an earlier version of the code did."""
    number = PolicyRevision.objects.count() + 1
    PolicyRevision(policy="lamp", number=number, values=values, actor_name="ann", reason="before the upgrade").save()


def test_invalid_values_fall_back_and_the_others_hold(
    db: None, lamp: Handle[LampPolicy], caplog: pytest.LogCaptureFixture
) -> None:
    keep(OLD)
    refresh()
    assert (lamp.current.watts, lamp.current.is_on, lamp.current.colour) == (50, False, "red")
    assert [(each.field, each.stored, each.used) for each in lamp.state.fallbacks] == [
        ("colour", "green", "red"),
        ("gone", 5, None),
    ]
    assert "policy lamp, revision 1: colour = 'green' must be one of red, blue. Used instead: 'red'." in caplog.text
    assert "gone = 5 is no field any more." in caplog.text
    assert standing("lamp").state.fallbacks == lamp.state.fallbacks


def test_the_field_that_a_check_names_falls_back_alone() -> None:
    made, fallbacks = snapshot(LampPolicy, {"watts": 50, "surge_watts": 45, "label": "hall"})
    assert (made.watts, made.surge_watts, made.label) == (50, 60, "hall")
    assert [each.field for each in fallbacks] == ["surge_watts"]


def test_values_that_contradict_the_defaults_all_fall_back() -> None:
    made, fallbacks = snapshot(LampPolicy, {"watts": 90, "label": "hall"})
    assert made == LampPolicy()
    assert {each.field for each in fallbacks} == {"watts", "label"}


def test_the_next_change_makes_what_holds_the_record(db: None, lamp: Handle[LampPolicy]) -> None:
    keep(OLD)
    assert turn(is_on=True).number == 2
    assert PolicyRevision.objects.get(number=2).values == values_of(LampPolicy(watts=50))
    assert standing("lamp").state.fallbacks == ()


def test_a_change_to_what_holds_already_settles_the_fallbacks(db: None, lamp: Handle[LampPolicy]) -> None:
    keep(OLD)
    changed = turn(colour="red")
    assert [(each.field, each.before, each.after) for each in changed.differences if each.field == "colour"] == [
        ("colour", "green", "red")
    ]


def test_a_revert_leaves_out_fields_that_are_gone(db: None, lamp: Handle[LampPolicy]) -> None:
    keep({"watts": 50, "gone": 5})
    turn(watts=30)
    assert revert_policy(name="lamp", number=1, actor=ANN, reason="back").number == 3
    assert PolicyRevision.objects.get(number=3).values == values_of(LampPolicy(watts=50))
