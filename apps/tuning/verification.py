"""Check the audit log: nothing changed, nothing missing, and every revision of a policy accounted for."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from apps.tuning.chain import covered, hash_of
from apps.tuning.models import AuditEntry, AuditHead, PolicyRevision

CHUNK = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """How many entries are sound, the hash of the last of them, and the first fault, empty where there is none.

    A hash noted elsewhere proves later that the log up to it is still the same.
    """

    entries: int
    hash: str
    fault: str


def verify() -> Verification:
    """Read the whole log and return what it is worth. Holds no lock: entries may be added meanwhile."""
    head = AuditHead.objects.first() or AuditHead()
    entries, last, fault = 0, "", ""
    for entry in AuditEntry.objects.filter(id__lte=head.entries).order_by("id").iterator(CHUNK):
        if fault := _fault(entry, number=entries + 1, previous=last):
            break
        entries, last = entry.id, entry.hash
    return Verification(entries=entries, hash=last, fault=fault or _end(head, entries, last) or _policies())


def exported() -> Iterator[dict[str, Any]]:
    """Yield every entry as JSON holds it: what its hash covers, and the hash."""
    for entry in AuditEntry.objects.order_by("id").iterator(CHUNK):
        yield {**covered(entry), "hash": entry.hash}


def _fault(entry: AuditEntry, *, number: int, previous: str) -> str:
    if entry.id != number:
        return f"Entry {number} is missing."
    if entry.previous_hash != previous:
        return f"Entry {number} does not follow on the one before it."
    if hash_of(covered(entry)) != entry.hash:
        return f"Entry {number} was changed."
    return ""


def _end(head: AuditHead, entries: int, last: str) -> str:
    if entries < head.entries:
        return f"Entry {entries + 1} is missing: the log ends before its noted end, entry {head.entries}."
    if last != head.hash:
        return f"Entry {entries} is not the noted end of the log."
    beyond = AuditEntry.objects.filter(id__gt=entries).exists()
    if beyond and not AuditHead.objects.filter(entries__gt=entries).exists():
        return f"Entry {entries + 1} lies beyond the noted end of the log."
    return ""


def _policies() -> str:
    """Compare each revision with the entry that tells of it: values changed past the services have none."""
    told = {
        (entry.target, entry.after["revision"]): entry.after["values"]
        for entry in AuditEntry.objects.filter(action__startswith="policy.").iterator(CHUNK)
    }
    for revision in PolicyRevision.objects.order_by("id").iterator(CHUNK):
        if told.pop((f"policy:{revision.policy}", revision.number), None) != revision.values:
            return f"Revision {revision.number} of the policy {revision.policy} is not what the log tells."
    for target, number in told:
        if not PolicyRevision.objects.filter(policy=target.removeprefix("policy:"), number=number).exists():
            return f"Revision {number} of {target} is missing."
    return ""
