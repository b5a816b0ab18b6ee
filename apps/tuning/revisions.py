"""Read revisions as other code may see them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max

from apps.tuning.exceptions import UnknownRevisionError
from apps.tuning.models import PolicyRevision


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """A policy's complete values from one moment on, and who set them why. `id` is the site's revision."""

    id: int
    policy: str
    number: int
    values: Mapping[str, Any]
    actor_name: str
    reason: str
    request_id: str
    created_at: datetime


def site_revision() -> int:
    """Return the revision of the site: it rises with every change of any policy. One query on the primary key."""
    return PolicyRevision.objects.aggregate(latest=Max("id"))["latest"] or 0


def latest_revisions() -> dict[str, Revision]:
    """Return the latest revision of each policy that ever had one, by name. One query."""
    latest = PolicyRevision.objects.order_by().values("policy").annotate(latest=Max("id")).values("latest")
    return {row.policy: _revision(row) for row in PolicyRevision.objects.filter(id__in=latest)}


def latest_revision(policy: str) -> Revision | None:
    """Return the policy's latest revision; nothing while it stands at its defaults."""
    row = PolicyRevision.objects.filter(policy=policy).order_by("-number").first()
    return _revision(row) if row else None


def revision_of(policy: str, number: int) -> Revision:
    """Return one revision; raise UnknownRevisionError."""
    row = PolicyRevision.objects.filter(policy=policy, number=number).first()
    if row is None:
        raise UnknownRevisionError(f"The policy {policy} has no revision {number}.")
    return _revision(row)


def revisions_before(policy: str, *, before: int | None, limit: int) -> list[Revision]:
    """Return up to `limit` revisions with numbers below `before`, the latest first."""
    rows = PolicyRevision.objects.filter(policy=policy)
    if before is not None:
        rows = rows.filter(number__lt=before)
    return [_revision(row) for row in rows.order_by("-number")[:limit]]


def _revision(row: PolicyRevision) -> Revision:
    return Revision(
        id=row.pk,
        policy=row.policy,
        number=row.number,
        values=row.values,
        actor_name=row.actor_name,
        reason=row.reason,
        request_id=row.request_id,
        created_at=row.created_at,
    )
