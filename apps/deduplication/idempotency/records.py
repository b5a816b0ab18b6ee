"""The records in the database: found while they count, written with the effect they are about."""

from datetime import timedelta

from django.db import connection
from django.utils import timezone

from apps.deduplication.idempotency.answer import Answer
from apps.deduplication.idempotency.attempt import Attempt
from apps.deduplication.idempotency.policy import idempotency
from apps.deduplication.models import IdempotencyRecord

PATH_MAX_CHARACTERS = 255
TABLE = IdempotencyRecord._meta.db_table


def find(digest: str) -> IdempotencyRecord | None:
    """Return the record that still counts (one query, two where there is one). One past its retention is deleted."""
    if not _is_known(digest):
        return None
    row = IdempotencyRecord.objects.filter(digest=digest).first()
    if row is not None and row.created_at < timezone.now() - retention():
        row.delete()
        return None
    return row


def _is_known(digest: str) -> bool:
    """Ask without the ORM, which takes fifteen times as long to say no, and no is nearly always the answer."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 1 FROM {TABLE} WHERE digest = %s", [digest])  # noqa: S608  (a constant)
        return cursor.fetchone() is not None


def store(attempt: Attempt, answer: Answer, *, standing: str) -> None:
    """Write the record in the caller's transaction (one query); a second of the same name is an IntegrityError."""
    IdempotencyRecord.objects.create(
        digest=attempt.digest,
        user_id=attempt.user_id,
        method=attempt.method,
        path=attempt.path[:PATH_MAX_CHARACTERS],
        fingerprint=attempt.fingerprint,
        standing=standing,
        status=answer.status,
        headers=dict(answer.headers),
        body=answer.body,
    )


def retention() -> timedelta:
    """Return how long a record counts."""
    return timedelta(hours=idempotency.current.retention_hours)
