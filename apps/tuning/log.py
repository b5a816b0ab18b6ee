"""The audit log as others read it: found by what, whom, why and when."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from apps.tuning.difference import Difference, differences
from apps.tuning.exceptions import UnknownEntryError
from apps.tuning.models import AuditEntry

POLICY = "policy:"
CHUNK = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What is looked for: words in actor, action, target or reason, or a whole request id. Empty finds everything."""

    text: str = ""
    action: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of the audit log."""

    number: int
    at: datetime
    actor: str
    action: str
    target: str
    before: Any
    after: Any
    reason: str
    request_id: str
    hash: str

    @property
    def policy(self) -> str:
        """The name of the policy that was changed; empty where it was something else."""
        return self.target.removeprefix(POLICY) if self.target.startswith(POLICY) else ""

    @property
    def revision_before(self) -> int | None:
        """The revision of the policy until then; None where no policy was changed."""
        return self.before["revision"] if self.policy else None

    @property
    def differences(self) -> tuple[Difference, ...]:
        """What changed, by field; nothing where before and after are no objects."""
        before, after = _values(self.before), _values(self.after)
        return differences(before, after)


def entries(*, search: Search, before: int | None = None, limit: int = 50) -> list[Entry]:
    """Return what was found, the latest first, below the number `before`. One query."""
    rows = _found(search)
    if before is not None:
        rows = rows.filter(id__lt=before)
    return [entry_of(row) for row in rows.order_by("-id")[:limit]]


def every_entry(*, search: Search) -> Iterator[Entry]:
    """Yield all that was found, the oldest first, without holding it."""
    for row in _found(search).order_by("id").iterator(CHUNK):
        yield entry_of(row)


def entry(number: int) -> Entry:
    """Return one entry; raise UnknownEntryError. One query."""
    row = AuditEntry.objects.filter(pk=number).first()
    if row is None:
        raise UnknownEntryError(f"The audit log has no entry {number}.")
    return entry_of(row)


def actions() -> list[str]:
    """Return what was ever done, by name. One query."""
    return list(AuditEntry.objects.order_by("action").values_list("action", flat=True).distinct())


def _found(search: Search) -> QuerySet[AuditEntry]:
    rows = AuditEntry.objects.all()
    if search.text:
        words = Q()
        for field in ("actor_name", "action", "target", "reason"):
            words |= Q(**{f"{field}__icontains": search.text})
        rows = rows.filter(words | Q(request_id=search.text))
    exact = {"action": search.action, "created_at__gte": search.since, "created_at__lt": search.until}
    return rows.filter(**{name: value for name, value in exact.items() if value})


def entry_of(row: AuditEntry) -> Entry:
    """Return a row as others read it."""
    return Entry(
        number=row.id,
        at=row.created_at,
        actor=row.actor_name,
        action=row.action,
        target=row.target,
        before=row.before,
        after=row.after,
        reason=row.reason,
        request_id=row.request_id,
        hash=row.hash,
    )


def _values(side: Any) -> dict[str, Any]:
    if not isinstance(side, dict):
        return {}
    values = side.get("values", side)
    return values if isinstance(values, dict) else side
