"""Policies and the audit log in the admin, through its pages."""

from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from apps.chat.models import User
from apps.tuning.declaration import Policy, policy
from apps.tuning.handle import Handle
from apps.tuning.knob import knob
from apps.tuning.models import AuditEntry, PolicyRevision
from apps.tuning.registry import declare, withdraw
from apps.tuning.services.changes import revert_policy
from tests.tuning.lamp import ANN, LampPolicy
from tests.tuning.test_changes import turn
from tests.tuning.test_policies_command import told

ALL = "/admin/tuning/policy/"
LAMP = f"{ALL}lamp/"
FORM = {
    "based_on": 0,
    "value_watts": "40",
    "value_surge_watts": "60",
    "value_fade_seconds": "0.5",
    "value_is_on": "on",
    "value_colour": "red",
    "value_mode": "steady",
    "value_label": "",
}


def signed_in(client: Client, *permissions: str, **fields: Any) -> Client:
    """Sign a member of staff in who may do what the permissions say."""
    user = User.objects.create_user("sam", is_staff=True, **fields)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(user)
    return client


@pytest.fixture
def staff(db: None, client: Client, lamp: Handle[LampPolicy]) -> Client:
    """A superuser."""
    return signed_in(client, is_superuser=True)


def page(client: Client, path: str) -> str:
    """Return a page that opens, its entities resolved."""
    answer = client.get(path)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def sent(client: Client, path: str = LAMP, **fields: object) -> Any:
    """Send the lamp's form with other values; None leaves a field out."""
    wanted = {**FORM, **fields}
    return client.post(path, {name: value for name, value in wanted.items() if value is not None}, follow=True)


def test_the_index_leads_to_the_policies_and_the_log(staff: Client) -> None:
    index = page(staff, "/admin/")
    assert ALL in index
    assert "/admin/tuning/auditentry/" in index


def test_all_policies_are_listed_with_what_differs(staff: Client) -> None:
    turn("dusk <b>", watts=50)
    text = page(staff, ALL)
    for expected in ("Lamp", "How the lamp shines.", "Watts", "ann", "dusk <b>", "revision 1", "Rate limits"):
        assert expected in text
    assert "dusk &lt;b&gt;" in staff.get(ALL).content.decode()


def test_a_form_shows_each_knob_with_unit_bounds_current_default_and_effect(staff: Client) -> None:
    turn(watts=50)
    text = " ".join(page(staff, LAMP).split())
    for expected in ("Power", "How bright.", "1 to 100 W", "default 40", ">50<", "Acts at once.", 'value="0.5"'):
        assert expected in text
    assert '<option value="red" selected>' in text


def test_saving_a_form_changes_the_policy_in_the_name_of_the_account(staff: Client) -> None:
    answer = sent(staff, value_watts="50", value_is_on=None, value_colour="blue", reason="dusk")
    assert answer.status_code == 200
    assert "Revision 1 holds." in answer.content.decode()
    kept = PolicyRevision.objects.get()
    assert (kept.actor_name, kept.reason) == ("sam", "dusk")
    assert (kept.values["watts"], kept.values["is_on"], kept.values["colour"]) == (50, False, "blue")
    assert AuditEntry.objects.get().actor_id == User.objects.get().pk


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"value_watts": "0", "reason": "r"}, "must be from 1 to 100 W, not 0."),
        ({"value_watts": "", "reason": "r"}, "must be a whole number."),
        ({"value_watts": "90", "reason": "r"}, "must be watts (90) or more."),
        ({"value_colour": "green", "reason": "r"}, "must be one of red, blue."),
        ({"value_watts": "50"}, "Say why"),
        ({"value_watts": "90"}, "must be watts (90) or more."),
        ({"value_watts": "50", "reason": "\x00"}, "Null characters"),
        ({"value_watts": "50", "reason": "a\u202eb"}, "holds characters that cannot be shown."),
    ],
)
def test_a_refused_form_says_why_beside_the_field_and_changes_nothing(
    staff: Client, fields: dict[str, str], expected: str
) -> None:
    answer = sent(staff, **fields)
    assert answer.status_code == 422
    assert expected in unescape(answer.content.decode())
    assert "Nothing was changed." in answer.content.decode()
    assert not PolicyRevision.objects.exists()


def test_a_form_that_somebody_overtook_is_refused_with_their_name(staff: Client) -> None:
    turn("mine first", watts=30)
    answer = sent(staff, value_watts="50", reason="dusk")
    assert answer.status_code == 422
    assert "ann changed this policy meanwhile (mine first)" in answer.content.decode()
    assert PolicyRevision.objects.count() == 1


def test_saving_what_holds_already_makes_no_revision(staff: Client) -> None:
    assert "Nothing changed" in sent(staff, reason="look").content.decode()
    assert not PolicyRevision.objects.exists()


def test_history_shows_differences_and_leads_back(staff: Client) -> None:
    for watts in range(41, 64):
        turn(f"step {watts}", watts=watts - 20)
    text = page(staff, f"{LAMP}history/")
    assert "step 63" in text
    assert "step 41" not in text
    assert f"{LAMP}revert/5/" in text
    earlier = page(staff, f"{LAMP}history/?before=4")
    assert "step 41" in earlier
    assert page(staff, f"{LAMP}history/?before=x")


def test_a_revert_shows_what_it_would_do_and_asks_for_a_reason(staff: Client) -> None:
    turn(watts=50)
    turn(watts=60)
    assert "→" in page(staff, f"{LAMP}revert/1/")
    assert staff.post(f"{LAMP}revert/1/", {}).status_code == 422
    answer = staff.post(f"{LAMP}revert/1/", {"reason": "too bright"}, follow=True)
    assert "Revision 3 holds." in answer.content.decode()
    assert PolicyRevision.objects.get(number=3).values["watts"] == 50
    revert_policy(name="lamp", number=0, actor=ANN, reason="all back")
    assert "hold already" in page(staff, f"{LAMP}revert/0/")


def test_a_revert_to_values_that_are_not_taken_any_more_says_which(staff: Client) -> None:
    PolicyRevision(policy="lamp", number=1, values={"watts": 500}, actor_name="ann", reason="old").save()
    answer = staff.post(f"{LAMP}revert/1/", {"reason": "back"})
    assert answer.status_code == 422
    assert "watts: must be from 1 to 100 W, not 500." in answer.content.decode()


def test_values_that_fell_back_are_shown(staff: Client) -> None:
    PolicyRevision(policy="lamp", number=1, values={"watts": 500, "gone": 1}, actor_name="ann", reason="old").save()
    assert "2 stored values not taken" in page(staff, ALL)
    text = page(staff, LAMP)
    assert "Watts: 500 must be from 1 to 100 W, not 500. Used instead: 40." in text
    assert "Gone: 1 is no field any more." in text


@pytest.mark.parametrize("path", ["lmap/", "lmap/history/", "lmap/revert/1/", "lamp/revert/7/"])
def test_what_is_not_there_is_404(staff: Client, path: str) -> None:
    assert staff.get(ALL + path).status_code == 404


def test_who_may_only_look_cannot_change(db: None, client: Client, lamp: Handle[LampPolicy]) -> None:
    turn(watts=50)
    signed_in(client, "view_policy")
    text = page(client, LAMP)
    assert "disabled" in text
    assert "Save as revision" not in text
    assert "/revert/" not in page(client, f"{LAMP}history/")
    assert page(client, ALL)
    assert sent(client, value_watts="60", based_on=1, reason="r").status_code == 403
    assert client.get(f"{LAMP}revert/0/").status_code == 403
    assert PolicyRevision.objects.count() == 1


def test_who_may_change_policies_sees_no_log(db: None, client: Client, lamp: Handle[LampPolicy]) -> None:
    signed_in(client, "change_policy", "view_policy")
    assert sent(client, value_watts="50", reason="r").status_code == 200
    assert client.get("/admin/tuning/auditentry/").status_code == 403
    assert PolicyRevision.objects.count() == 1


@pytest.mark.parametrize("path", ["", "lamp/", "lamp/history/", "lamp/revert/0/"])
def test_staff_without_permission_and_others_get_nothing(
    db: None, client: Client, lamp: Handle[LampPolicy], path: str
) -> None:
    assert client.get(ALL + path).status_code == 302
    signed_in(client)
    assert client.get(ALL + path).status_code == 403


def test_the_log_is_searched_and_never_changed(staff: Client) -> None:
    turn("dusk", watts=50)
    entry = AuditEntry.objects.get()
    assert "dusk" in page(staff, "/admin/tuning/auditentry/?q=policy:lamp")
    assert "dusk" not in page(staff, "/admin/tuning/auditentry/?q=nobody")
    assert entry.hash in page(staff, f"/admin/tuning/auditentry/{entry.pk}/change/").replace("<wbr>", "")
    assert staff.get("/admin/tuning/auditentry/add/").status_code == 403
    assert staff.post(f"/admin/tuning/auditentry/{entry.pk}/change/", {"reason": "x"}).status_code == 403
    assert staff.post(f"/admin/tuning/auditentry/{entry.pk}/delete/", {"post": "yes"}).status_code == 403
    assert AuditEntry.objects.get().reason == "dusk"


@pytest.fixture
def kettle() -> Iterator[None]:
    """Nothing is declared yet; whatever the test declares is withdrawn."""
    yield
    withdraw("kettle")


def test_a_policy_of_twenty_lines_appears_everywhere(staff: Client, kettle: None) -> None:
    @policy
    class KettlePolicy(Policy):
        """How tea is made."""

        celsius: int = knob(95, unit="°C", minimum=40, maximum=100, help="How hot the water gets.", effect="Next cup.")
        has_whistle: bool = knob(default=True, help="Whether it whistles.", effect="Next cup.")

    kettle = declare(KettlePolicy, name="kettle", title="Kettle")

    assert "How tea is made." in page(staff, ALL)
    assert "40 to 100 °C" in page(staff, f"{ALL}kettle/")
    form = {"based_on": 0, "value_celsius": 80, "reason": "green tea"}
    assert staff.post(f"{ALL}kettle/", form).status_code == 302
    assert "celsius: 95 → 80" in told("history", "kettle")
    assert "kettle" in told("export")
    assert '"maximum": 100' in told("schema", "kettle")
    assert AuditEntry.objects.get().target == "policy:kettle"
    assert kettle.default.celsius == 95
