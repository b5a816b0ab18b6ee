"""The hash chain of the audit log, without a database: what an entry's hash covers."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from apps.tuning.canonical import canonical

COVERED = (
    "id",
    "created_at",
    "actor_id",
    "actor_name",
    "action",
    "target",
    "before",
    "after",
    "reason",
    "request_id",
    "previous_hash",
)


def covered(entry: object) -> dict[str, Any]:
    """Return what of an entry the hash covers, ready for JSON."""
    fields = {name: getattr(entry, name) for name in COVERED}
    return {**fields, "created_at": written(fields["created_at"])}


def hash_of(fields: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the canonical JSON, in hexadecimal: anybody can compute it from an export."""
    return hashlib.sha256(canonical(fields).encode()).hexdigest()


def written(moment: datetime) -> str:
    """Return a moment as the hash covers it: UTC, always with microseconds."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
