"""Statements and groups of exceptions into the database, where several processes tell of the same ones."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from django.db.models import F, Model
from django.utils import timezone

from apps.monitoring.archive.groups import Group
from apps.monitoring.archive.statement import Statement
from apps.monitoring.models import ExceptionGroup  # noqa: A004  (Python's own groups what tasks raised together)
from apps.monitoring.models import Statement as StatementRow

STATEMENTS, GROUPS = 2_000, 1_000  # rows that are kept, those seen last


def store(entries: Sequence[Statement | Group]) -> None:
    """Write what came; raise DatabaseError. Blocks.

    Rows are locked one at a time and in one order, so that processes which tell of the same ones at the same time
    wait for each other at most.
    """
    statements = {one.digest: one for one in entries if isinstance(one, Statement)}
    groups = [one for one in entries if isinstance(one, Group)]
    if statements:
        _store_statements(statements.values())
    for group in sorted(groups, key=lambda one: one.digest):
        _store_group(group)


def _store_statements(statements: Iterable[Statement]) -> None:
    now = timezone.now()
    rows = [
        StatementRow(digest=one.digest, operation=one.operation, table=one.table[:128], text=one.text, seen_at=now)
        for one in sorted(statements, key=lambda one: one.digest)
    ]
    StatementRow.objects.bulk_create(rows, update_conflicts=True, unique_fields=["digest"], update_fields=["seen_at"])
    _trim(StatementRow, "seen_at", STATEMENTS)


def _store_group(group: Group) -> None:
    at = datetime.fromtimestamp(group.at, UTC)
    known = ExceptionGroup.objects.filter(pk=group.digest)
    if known.update(count=F("count") + group.times, last_seen_at=at):
        return
    _, is_new = ExceptionGroup.objects.get_or_create(
        pk=group.digest,
        defaults={
            "type": group.error[:200],
            "place": group.place[:300],
            "route": group.route[:200],
            "message": group.message,
            "traceback": group.traceback,
            "first_seen_at": at,
            "last_seen_at": at,
            "count": group.times,
        },
    )
    if not is_new:  # another process was quicker
        known.update(count=F("count") + group.times, last_seen_at=at)
    _trim(ExceptionGroup, "last_seen_at", GROUPS)


def _trim(rows: type[Model], moment: str, number: int) -> None:
    """Remove those that nobody has seen for longest, where there are too many."""
    last = rows._default_manager.order_by(f"-{moment}").values_list(moment, flat=True)[number - 1 : number].first()
    if last is not None:
        rows._default_manager.filter(**{f"{moment}__lt": last}).delete()
