"""Rows of the log of invalidations: one mechanism for stamps without Redis, and for what Redis could not be told."""

from collections.abc import Sequence
from typing import Any

from apps.caching.models import Invalidation

NAME_MAX_CHARACTERS = 200
BATCH_ROWS = 1_000


def log(names: Sequence[str], writing: Any) -> None:
    """Write the tags into the transaction that the connection is in. One statement; raises DatabaseError."""
    rows = ", ".join(["(%s, CURRENT_TIMESTAMP)"] * len(names))
    with writing.cursor() as cursor:
        cursor.execute(f"INSERT INTO caching_invalidation (tag, created_at) VALUES {rows}", list(names))  # noqa: S608  (constants)


def logged() -> list[tuple[int, str]]:
    """Return the oldest rows: id and tag. One query."""
    return list(Invalidation.objects.order_by("id").values_list("id", "tag")[:BATCH_ROWS])


def forget(ids: Sequence[int]) -> None:
    """Remove rows that were delivered. One statement."""
    Invalidation.objects.filter(pk__in=ids).delete()
