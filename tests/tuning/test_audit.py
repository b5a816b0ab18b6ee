"""The audit log: append-only by the database itself, and every tampering found."""

from collections.abc import Iterator
from io import StringIO
from typing import Any

import orjson
import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.db.transaction import TransactionManagementError

from apps.tuning.actor import SYSTEM
from apps.tuning.append_only import AppendOnlyError
from apps.tuning.audit import record
from apps.tuning.chain import hash_of
from apps.tuning.exceptions import AuditError, PolicyError
from apps.tuning.handle import Handle
from apps.tuning.models import AuditEntry, AuditHead, PolicyRevision
from apps.tuning.triggers import triggers, without_triggers
from apps.tuning.verification import exported, verify
from tests.tuning.lamp import ANN, LampPolicy
from tests.tuning.test_changes import turn

TABLES = {"tuning_auditentry": AuditEntry, "tuning_policyrevision": PolicyRevision}


@pytest.fixture
def log(db: None, lamp: Handle[LampPolicy]) -> None:
    """Three changes and an entry of another mechanism."""
    for watts in (50, 51, 52):
        turn(f"to {watts}", watts=watts)
    noted(after={"state": "open", "share": 0.5, "odd": "é\x00 \ud800"})


def noted(**fields: Any) -> int:
    """Record something that is no policy."""
    wanted: dict[str, Any] = {"before": None, "after": None, **fields}
    with transaction.atomic():
        return record(actor=SYSTEM, action="breaker.opened", target="breaker:assistant", reason="drill", **wanted)


@pytest.fixture
def unprotected(log: None) -> Iterator[None]:
    """The log with the database's refusal taken away, as by somebody who owns it."""
    with connection.cursor() as cursor:
        for table in TABLES:
            for statement in without_triggers(connection.vendor, table):
                cursor.execute(statement)
    yield
    with connection.cursor() as cursor:
        for table in TABLES:
            for statement in triggers(connection.vendor, table):
                cursor.execute(statement)


def run(statement: str, *values: object) -> None:
    """Run raw SQL."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def told(*arguments: str) -> str:
    """Run the command and return what it writes."""
    output = StringIO()
    call_command("audit", *arguments, stdout=output)
    return output.getvalue()


def test_a_sound_log_is_told_with_its_last_hash(log: None) -> None:
    found = verify()
    assert (found.entries, found.fault) == (4, "")
    assert found.hash == AuditEntry.objects.get(id=4).hash
    assert told("verify") == f"4 entries, all sound. Last hash: {found.hash}\n"


def test_an_empty_log_is_sound(db: None) -> None:
    assert "0 entries, all sound. Last hash: none" in told("verify")


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("statement", ["UPDATE {} SET reason = 'nothing'", "DELETE FROM {}"])
def test_the_database_refuses_to_change_or_delete_records(log: None, table: str, statement: str) -> None:
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        run(statement.format(table))
    assert verify().fault == ""


@pytest.mark.parametrize("model", TABLES.values())
def test_every_way_around_the_services_is_closed(log: None, model: Any) -> None:
    row = model.objects.first()
    for attempt in (
        lambda: model.objects.update(reason="x"),
        lambda: model.objects.filter(pk=1).delete(),
        lambda: model.objects.bulk_create([]),
        lambda: model.objects.bulk_update([row], ["reason"]),
        lambda: model.objects.update_or_create(pk=1),
        lambda: model._base_manager.update(reason="x"),
        row.save,
        row.delete,
    ):
        with pytest.raises(AppendOnlyError):
            attempt()
    assert verify().fault == ""


@pytest.mark.parametrize(
    "column",
    ["actor_id", "actor_name", "action", "target", "before", "after", "reason", "request_id", "created_at"],
)
def test_a_changed_entry_is_named(unprotected: None, column: str) -> None:
    changed = {
        "actor_id": 8,
        "before": '{"revision":0}',
        "after": '{"revision":9,"values":{}}',
        "created_at": "2001-01-01 00:00:00+00:00",
    }
    run(f"UPDATE tuning_auditentry SET {column} = %s WHERE id = 2", changed.get(column, "x"))
    assert verify().fault == "Entry 2 was changed."
    with pytest.raises(CommandError, match=r"^The audit log is not sound\. Entry 2 was changed\.$"):
        told("verify")


def test_a_changed_entry_with_its_hash_made_anew_is_found_by_the_next(unprotected: None) -> None:
    entry = next(fields for fields in exported() if fields["id"] == 2)
    del entry["hash"]
    entry["reason"] = "another"
    run("UPDATE tuning_auditentry SET reason = 'another', hash = %s WHERE id = 2", hash_of(entry))
    assert verify().fault == "Entry 3 does not follow on the one before it."


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("DELETE FROM tuning_auditentry WHERE id = 2", "Entry 2 is missing."),
        ("DELETE FROM tuning_auditentry WHERE id = 1", "Entry 1 is missing."),
        ("DELETE FROM tuning_auditentry WHERE id > 2", "Entry 3 is missing: the log ends before its noted end"),
        ("DELETE FROM tuning_auditentry", "Entry 1 is missing: the log ends before its noted end, entry 4."),
        ("UPDATE tuning_audithead SET entries = 3", "Entry 3 is not the noted end of the log."),
        ("DELETE FROM tuning_audithead", "Entry 1 lies beyond the noted end of the log."),
        ("UPDATE tuning_policyrevision SET \"values\" = '{}' WHERE number = 2", "Revision 2 of the policy lamp"),
        ("DELETE FROM tuning_policyrevision WHERE number = 3", "Revision 3 of policy:lamp is missing."),
    ],
)
def test_what_is_cut_out_or_put_in_is_found(unprotected: None, statement: str, fault: str) -> None:
    run(statement)
    assert verify().fault.startswith(fault)


def test_a_head_moved_back_with_its_hash_leaves_entries_beyond_it(unprotected: None) -> None:
    run("UPDATE tuning_audithead SET entries = 3, hash = %s", AuditEntry.objects.get(id=3).hash)
    assert verify().fault == "Entry 4 lies beyond the noted end of the log."


def test_a_revision_nobody_recorded_is_found(log: None) -> None:
    PolicyRevision(policy="lamp", number=4, values={"watts": 99}, actor_name="?", reason="?").save()
    assert "Revision 4 of the policy lamp is not what the log tells." in verify().fault


def test_a_log_whose_end_is_missing_is_not_continued(log: None) -> None:
    AuditHead.objects.all().delete()
    with pytest.raises(AuditError, match="audit verify"):
        turn(watts=60)
    assert PolicyRevision.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_an_entry_is_written_in_the_transaction_of_its_change_only() -> None:
    with pytest.raises(TransactionManagementError, match="in the transaction of the change"):
        record(actor=SYSTEM, action="a", target="t", before=None, after=None, reason="r")
    assert not AuditEntry.objects.exists()


def test_an_entry_needs_a_reason(db: None) -> None:
    with pytest.raises(PolicyError, match="reason"), transaction.atomic():
        record(actor=ANN, action="a", target="t", before=None, after=None, reason=" ")
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("value", [float("nan"), {1, 2}, b"x"])
def test_what_json_cannot_hold_is_refused(db: None, value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        noted(after=value)
    assert not AuditEntry.objects.exists()


def test_numbers_and_texts_come_back_as_they_were(db: None) -> None:
    after = {"large": 1e22, "small": 5e-324, "whole": 1.0, "text": "é\x00\ud800", "list": [None, True]}
    noted(after=after)
    assert AuditEntry.objects.get().after == after
    assert repr(AuditEntry.objects.get().after["whole"]) == "1.0"
    assert verify().fault == ""


def test_an_export_can_be_checked_by_anybody(log: None) -> None:
    lines = [orjson.loads(line) for line in told("export").splitlines() if "\\ud800" not in line]
    assert [line["id"] for line in lines] == [1, 2, 3]
    for line in lines:
        expected = line.pop("hash")
        assert hash_of(line) == expected
    assert len(told("export").splitlines()) == 4
