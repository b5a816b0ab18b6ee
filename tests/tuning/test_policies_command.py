"""`manage.py policies`: the admin's knobs from the shell."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.chat.models import User
from apps.tuning.following import follow, stop_following
from apps.tuning.handle import Handle
from apps.tuning.models import AuditEntry, PolicyRevision
from tests.tuning.lamp import LampPolicy


def told(*arguments: str) -> str:
    """Run the command and return what it writes."""
    output = StringIO()
    call_command("policies", *arguments, stdout=output)
    return output.getvalue()


def listed(name: str = "lamp") -> dict[str, Any]:
    """Return one policy of the list for programs."""
    policies: list[dict[str, Any]] = json.loads(told("list", "--json"))["policies"]
    return next(policy for policy in policies if policy["name"] == name)


def test_set_changes_values_and_tells_what_it_did(db: None, lamp: Handle[LampPolicy]) -> None:
    said = told("set", "lamp", "watts=50", "is_on=off", "label=a=b", "--reason", "dusk")
    assert said == "lamp: revision 1. is_on: on → off; label: empty → a=b; watts: 40 → 50\n"
    kept = PolicyRevision.objects.get()
    assert (kept.actor_id, kept.actor_name, kept.reason) == (None, "system", "dusk")
    assert told("set", "lamp", "watts=50", "--reason", "again") == "lamp: nothing changed, it is at revision 1.\n"


def test_an_account_can_answer_for_a_change(db: None, lamp: Handle[LampPolicy]) -> None:
    ann = User.objects.create_user("ann")
    told("set", "lamp", "watts=50", "--reason", "dusk", "--actor", "ann")
    assert (AuditEntry.objects.get().actor_id, AuditEntry.objects.get().actor_name) == (ann.pk, "ann")
    ann.delete()
    assert AuditEntry.objects.get().actor_name == "ann"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["set", "lamp", "watts=0", "--reason", "r"], "watts: must be from 1 to 100 W, not 0."),
        (["set", "lamp", "watts=bright", "--reason", "r"], "watts: must be a whole number."),
        (["set", "lamp", "wats=5", "--reason", "r"], "wats: is no field of the policy lamp: watts, surge_watts"),
        (["set", "lamp", "watts", "--reason", "r"], "watts: write FIELD=VALUE."),
        (["set", "lamp", "watts=5", "--reason", " "], "reason: is blank"),
        (["set", "lmap", "watts=5", "--reason", "r"], "There is no policy 'lmap'."),
        (["set", "lamp", "watts=5", "--reason", "r", "--actor", "bob"], "--actor: there is no active account 'bob'."),
        (["set", "lamp", "watts=5"], "--reason"),
        (["revert", "lamp", "3", "--reason", "r"], "The policy lamp has no revision 3."),
        (["import", "/nowhere/at/all", "--reason", "r"], "/nowhere/at/all: No such file or directory."),
        (["get", "lmap"], "There is no policy 'lmap'."),
    ],
)
def test_errors_are_one_line_that_names_what_is_wrong(
    db: None, lamp: Handle[LampPolicy], arguments: list[str], error: str
) -> None:
    with pytest.raises(CommandError) as refused:
        told(*arguments)
    assert error in str(refused.value)
    assert "\n" not in str(refused.value)
    assert not PolicyRevision.objects.exists()


def test_get_writes_what_set_takes(db: None, lamp: Handle[LampPolicy]) -> None:
    lines = told("get", "lamp").splitlines()
    assert lines[0] == "watts=40  # W, default 40: How bright."
    values = [line.split("  # ")[0] for line in lines]
    assert "nothing changed" in told("set", "lamp", *values, "--reason", "the same")


def test_history_and_revert(db: None, lamp: Handle[LampPolicy]) -> None:
    for watts in range(41, 64):
        told("set", "lamp", f"watts={watts - 20}", "--reason", f"step {watts}")
    written = told("history", "lamp")
    assert written.count("system: step") == 23
    assert "   watts: 42 → 43\n" in written
    assert told("revert", "lamp", "0", "--reason", "enough") == "lamp: revision 24. watts: 43 → 40\n"


def test_the_list_tells_policies_followers_and_fallbacks(transactional_db: None, lamp: Handle[LampPolicy]) -> None:
    assert listed()["changed_by"] is None
    assert "lamp         revision 0    at its defaults" in told("list")
    assert "Site revision 0; no process follows." in told("list")
    follow()
    told("set", "lamp", "watts=50", "--reason", "dusk")
    values = {"watts": 50, "colour": "green"}
    PolicyRevision(policy="lamp", number=2, values=values, actor_name="ann", reason="old").save()
    found = listed()
    assert (found["number"], found["changed_by"], found["differing"]) == (2, "ann", ["watts"])
    assert found["fallbacks"] == [
        {"field": "colour", "stored": "green", "used": "red", "reason": "must be one of red, blue."}
    ]
    assert "! colour: stored 'green' must be one of red, blue." in told("list")
    assert "! colour" in told("get", "lamp")
    followers = json.loads(told("list", "--json"))["followers"]
    assert [sorted(follower) for follower in followers] == [["is_current", "origin", "revision", "seen_at"]]
    assert "followed by" in told("list")
    stop_following()


def test_a_file_carries_all_policies(db: None, lamp: Handle[LampPolicy], tmp_path: Path) -> None:
    file = tmp_path / "policies.json"
    told("set", "lamp", "watts=50", "--reason", "dusk")
    told("export", str(file))
    assert json.loads(file.read_text()) == json.loads(told("export"))
    told("revert", "lamp", "0", "--reason", "dawn")
    assert "lamp: revision 3. watts: 40 → 50\n" in told("import", str(file), "--reason", "carried over")
    assert "chat: nothing changed" in told("import", str(file), "--reason", "again")


def test_a_file_that_is_no_json_is_refused_by_name(db: None, lamp: Handle[LampPolicy], tmp_path: Path) -> None:
    file = tmp_path / "policies.json"
    file.write_text("{")
    with pytest.raises(CommandError, match=r"policies\.json: is no JSON"):
        told("import", str(file), "--reason", "try")


def test_the_schema_is_written(db: None, lamp: Handle[LampPolicy]) -> None:
    assert json.loads(told("schema", "lamp"))["properties"]["watts"]["maximum"] == 100
