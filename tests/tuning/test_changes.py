"""Changing policies: what becomes a revision, what is refused, what the processes' own thread sees."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.tuning.actor import SYSTEM, Actor
from apps.tuning.current import obeyed_revision, refresh
from apps.tuning.exceptions import PolicyError, StaleError, UnknownPolicyError, UnknownRevisionError
from apps.tuning.handle import Handle
from apps.tuning.models import AuditEntry, PolicyRevision
from apps.tuning.services.changes import Changed, change_policy, revert_policy
from apps.tuning.services.exchange import FORMAT, export_policies, import_policies
from apps.tuning.services.history import history
from apps.tuning.signals import policy_changed
from apps.tuning.verification import verify
from tests.tuning.lamp import ANN, Colour, LampPolicy


def turn(reason: str = "because", *, actor: Actor = ANN, based_on: int | None = None, **changes: object) -> Changed:
    """Change the lamp."""
    return change_policy(name="lamp", changes=changes, actor=actor, reason=reason, based_on=based_on, request_id="r1")


@contextmanager
def heard() -> Iterator[list[Mapping[str, Any]]]:
    """Yield what the signal tells."""
    told: list[Mapping[str, Any]] = []

    def hear(**event: Any) -> None:
        told.append(event)

    policy_changed.connect(hear)
    try:
        yield told
    finally:
        policy_changed.disconnect(hear)


def test_a_change_holds_at_once_in_the_process_that_made_it(transactional_db: None, lamp: Handle[LampPolicy]) -> None:
    with heard() as told:
        changed = turn(watts=50, colour="blue")
    assert (lamp.current.watts, lamp.current.colour, lamp.current.surge_watts) == (50, Colour.BLUE, 60)
    assert changed.number == lamp.state.number == 1
    assert {difference.field for difference in changed.differences} == {"watts", "colour"}
    assert obeyed_revision() == lamp.state.revision == PolicyRevision.objects.get().pk
    assert [(event["name"], event["before"].watts, event["after"].watts) for event in told] == [("lamp", 40, 50)]


def test_a_receiver_that_fails_harms_nobody(
    transactional_db: None, lamp: Handle[LampPolicy], caplog: pytest.LogCaptureFixture
) -> None:
    def fail(**_: Any) -> None:
        raise RuntimeError("the receiver's own trouble")

    policy_changed.connect(fail)
    try:
        with heard() as told:
            turn(watts=50)
    finally:
        policy_changed.disconnect(fail)
    assert lamp.current.watts == 50
    assert len(told) == 1
    assert "the receiver's own trouble" in caplog.text


def test_a_change_rolled_back_never_holds(transactional_db: None, lamp: Handle[LampPolicy]) -> None:
    def undone() -> None:
        with transaction.atomic():
            turn(watts=50)
            raise InterruptedError

    with pytest.raises(InterruptedError):
        undone()
    assert refresh() == 0
    assert lamp.current.watts == 40
    assert not AuditEntry.objects.exists()


def test_a_revision_keeps_the_complete_values_and_who_when_why(db: None, lamp: Handle[LampPolicy]) -> None:
    turn("too  dark\n here", watts=50)
    kept = PolicyRevision.objects.get()
    assert kept.values == {
        "watts": 50,
        "surge_watts": 60,
        "fade_seconds": 0.5,
        "is_on": True,
        "colour": "red",
        "mode": "steady",
        "label": "",
    }
    assert (kept.actor_id, kept.actor_name, kept.reason, kept.request_id) == (7, "ann", "too dark here", "r1")
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.target, entry.reason) == ("policy.changed", "policy:lamp", "too dark here")
    assert (entry.before["values"]["watts"], entry.after) == (40, {"revision": 1, "values": kept.values})
    assert str(kept) == "lamp 1"
    assert str(entry) == "1: policy.changed policy:lamp"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"watts": 0}, "watts"),
        ({"watts": 90}, "surge_watts"),
        ({"wats": 5}, "wats"),
        ({"watts": 50, "mode": "off"}, "mode"),
    ],
)
def test_a_refused_change_names_the_field_and_leaves_nothing(
    db: None, lamp: Handle[LampPolicy], changes: dict[str, object], field: str
) -> None:
    with pytest.raises(PolicyError) as refused:
        turn(**changes)  # type: ignore[arg-type]
    assert refused.value.field == field
    assert not PolicyRevision.objects.exists()
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("reason", ["", " \n ", "x" * 501, "a\x00b", "\ud800"])
def test_a_change_needs_a_reason_that_can_be_read(db: None, lamp: Handle[LampPolicy], reason: str) -> None:
    with pytest.raises(PolicyError, match=r"^reason: "):
        turn(reason, watts=50)
    assert not PolicyRevision.objects.exists()


def test_a_change_to_the_same_values_leaves_no_trace(db: None, lamp: Handle[LampPolicy]) -> None:
    turn(watts=50)
    assert turn(watts=50) == Changed(policy="lamp", number=1, differences=())
    assert (PolicyRevision.objects.count(), AuditEntry.objects.count()) == (1, 1)


def test_an_unknown_policy_is_told_with_those_there_are(db: None, lamp: Handle[LampPolicy]) -> None:
    with pytest.raises(UnknownPolicyError, match=r"no policy 'lmap'.*lamp"):
        change_policy(name="lmap", changes={}, actor=SYSTEM, reason="typing")


def test_a_form_that_is_out_of_date_is_refused_and_says_whose_change_it_missed(
    db: None, lamp: Handle[LampPolicy]
) -> None:
    turn("first", based_on=0, watts=50)
    with pytest.raises(StaleError, match=r"ann changed this policy meanwhile \(first\): it is at revision 1"):
        turn(based_on=0, watts=55)
    assert turn(based_on=1, watts=55).number == 2


def test_a_form_made_before_the_database_was_put_back_is_refused(db: None, lamp: Handle[LampPolicy]) -> None:
    with pytest.raises(StaleError, match="at its defaults"):
        turn(based_on=3, watts=55)


def test_a_revert_is_a_new_revision_with_the_old_values(db: None, lamp: Handle[LampPolicy]) -> None:
    turn(watts=50)
    turn(watts=60, label="bright")
    changed = revert_policy(name="lamp", number=1, actor=ANN, reason="too bright")
    assert changed.number == 3
    assert [(each.field, each.after) for each in changed.differences] == [("label", ""), ("watts", 50)]
    assert revert_policy(name="lamp", number=0, actor=ANN, reason="as it came").number == 4
    assert PolicyRevision.objects.get(number=4).values["watts"] == 40
    assert AuditEntry.objects.get(id=4).action == "policy.reverted"
    assert verify().fault == ""


@pytest.mark.parametrize("number", [9, -1])
def test_a_revision_that_never_was_is_refused(db: None, lamp: Handle[LampPolicy], number: int) -> None:
    with pytest.raises(UnknownRevisionError, match=f"no revision {number}"):
        revert_policy(name="lamp", number=number, actor=ANN, reason="try")


def test_history_tells_each_revision_and_its_differences(db: None, lamp: Handle[LampPolicy]) -> None:
    for watts in (50, 51, 52):
        turn(f"to {watts}", watts=watts)
    whole = history(name="lamp")
    assert [(step.revision.number, step.revision.reason) for step in whole.steps] == [
        (3, "to 52"),
        (2, "to 51"),
        (1, "to 50"),
    ]
    assert [(each.before, each.after) for step in whole.steps for each in step.differences] == [
        (51, 52),
        (50, 51),
        (40, 50),
    ]
    assert whole.next_before is None


@pytest.mark.parametrize("limit", [1, 2, 3, 5])
def test_history_in_pages_shows_every_revision_once(db: None, lamp: Handle[LampPolicy], limit: int) -> None:
    for watts in range(41, 46):
        turn(watts=watts)
    numbers: list[int] = []
    before: int | None = None
    for _ in range(6):
        page = history(name="lamp", before=before, limit=limit)
        numbers += [step.revision.number for step in page.steps]
        before = page.next_before
        if before is None:
            break
    assert numbers == [5, 4, 3, 2, 1]


def test_history_of_an_untouched_policy_is_empty(db: None, lamp: Handle[LampPolicy]) -> None:
    assert history(name="lamp").steps == ()


def test_writers_at_the_same_time_take_turns_and_none_is_lost(transactional_db: None, lamp: Handle[LampPolicy]) -> None:
    turn(watts=1)
    start = Barrier(4)

    def work(writer: int) -> None:
        start.wait()
        for step in range(5):
            turn(f"writer {writer}", label=f"{writer}-{step}")
        connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    rows = PolicyRevision.objects.order_by("id").values_list("number", flat=True)
    assert list(rows) == list(range(1, 22))
    assert verify().fault == ""
    assert verify().entries == 21
    assert lamp.state.number == 21
    assert lamp.current.label == PolicyRevision.objects.get(number=21).values["label"]


def test_of_two_forms_made_from_the_same_revision_one_is_refused(
    transactional_db: None, lamp: Handle[LampPolicy]
) -> None:
    turn(watts=1)
    start = Barrier(2)

    def work(watts: int) -> str:
        start.wait()
        try:
            turn(watts=watts, based_on=1)
        except StaleError:
            return "refused"
        finally:
            connection.close()
        return "taken"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(work, (2, 3))) == ["refused", "taken"]
    assert PolicyRevision.objects.count() == 2


def test_an_export_imports_to_the_same_values(db: None, lamp: Handle[LampPolicy]) -> None:
    turn(watts=50, colour="blue")
    document = export_policies()
    assert document["policies"]["lamp"]["colour"] == "blue"
    assert all(
        not changed.differences for changed in import_policies(document=document, actor=ANN, reason="the same again")
    )
    turn(watts=10)
    changed = import_policies(document=document, actor=ANN, reason="back")
    assert [each.policy for each in changed if each.differences] == ["lamp"]
    assert PolicyRevision.objects.get(number=3).values["watts"] == 50
    assert AuditEntry.objects.get(id=3).action == "policy.imported"


def test_an_import_is_taken_as_a_whole_or_not_at_all(db: None, lamp: Handle[LampPolicy]) -> None:
    document = {"format": FORMAT, "policies": {"chat": {"page_size": 10}, "lamp": {"watts": 0}}}
    with pytest.raises(PolicyError, match=r"^lamp\.watts: must be from 1 to 100 W, not 0\.$") as refused:
        import_policies(document=document, actor=ANN, reason="try")
    assert (refused.value.policy, refused.value.field) == ("lamp", "watts")
    assert not PolicyRevision.objects.exists()


@pytest.mark.parametrize(
    "document",
    [
        [],
        "x",
        {},
        {"format": "another"},
        {"format": FORMAT},
        {"format": FORMAT, "policies": []},
        {"format": FORMAT, "policies": {"lamp": 5}},
    ],
)
def test_what_is_no_export_is_refused(db: None, lamp: Handle[LampPolicy], document: object) -> None:
    with pytest.raises(PolicyError):
        import_policies(document=document, actor=ANN, reason="try")


def test_an_import_names_only_what_it_changes(db: None, lamp: Handle[LampPolicy]) -> None:
    turn(watts=50)
    import_policies(document={"format": FORMAT, "policies": {"lamp": {"label": "hall"}}}, actor=ANN, reason="name it")
    kept = PolicyRevision.objects.get(number=2).values
    assert (kept["watts"], kept["label"]) == (50, "hall")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
@given(watts=st.integers(-5, 205), surge=st.integers(-5, 205))
def test_nothing_out_of_bounds_is_ever_stored(db: None, lamp: Handle[LampPolicy], watts: int, surge: int) -> None:
    is_valid = 1 <= watts <= 100 and 1 <= surge <= 200 and watts <= surge
    before = PolicyRevision.objects.count()
    try:
        turn(watts=watts, surge_watts=surge)
        is_taken = True
    except PolicyError:
        is_taken = False
    assert is_taken == is_valid
    assert is_valid or PolicyRevision.objects.count() == before
