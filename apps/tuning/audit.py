"""Write the audit log: one entry per change, in the transaction of the change."""

from typing import Any

from django.db import connection
from django.db.transaction import TransactionManagementError
from django.utils import timezone

from apps.tuning.actor import Actor
from apps.tuning.chain import covered, hash_of
from apps.tuning.exceptions import AuditError
from apps.tuning.models import AuditEntry, AuditHead
from apps.tuning.reason import checked_reason

HEAD = 1


def record(
    *, actor: Actor, action: str, target: str, before: Any, after: Any, reason: str, request_id: str = ""
) -> int:
    """Append an entry and return its number; `before` and `after` are what JSON can hold.

    Call it in the transaction that makes the change: it locks the end of the log until that commits. Raises PolicyError
    for a bad reason, AuditError when the log was tampered with, TransactionManagementError outside a transaction.
    """
    head = locked_head()
    entry = AuditEntry(
        id=head.entries + 1,
        created_at=timezone.now(),
        actor_id=actor.id,
        actor_name=actor.name,
        action=action,
        target=target,
        before=before,
        after=after,
        reason=checked_reason(reason),
        request_id=request_id,
        previous_hash=head.hash,
    )
    entry.hash = hash_of(covered(entry))
    entry.save()
    head.entries, head.hash = entry.id, entry.hash
    head.save()
    return entry.id


def locked_head() -> AuditHead:
    """Return the end of the log, held until the transaction ends: all who change something staff may see take turns.

    On SQLite the transaction itself holds the only lock for writing.
    """
    if not connection.in_atomic_block:
        raise TransactionManagementError("The audit log is written in the transaction of the change it tells of.")
    return AuditHead.objects.select_for_update().filter(pk=HEAD).first() or _new_head()


def _new_head() -> AuditHead:
    if AuditEntry.objects.exists():
        raise AuditError("The end of the audit log is missing. `manage.py audit verify` tells what is left.")
    AuditHead.objects.get_or_create(pk=HEAD)
    return AuditHead.objects.select_for_update().get(pk=HEAD)
