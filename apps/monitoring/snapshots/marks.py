"""Up to when rows are rolled up. Who writes rows of ten seconds holds the mark still; who rolls them up moves it."""

from collections.abc import Callable, Mapping

from django.db import connection

from apps.monitoring.models.snapshots import Resolution, RollUp

Marks = Mapping[int, int]
_SHARED = f"SELECT until FROM {RollUp._meta.db_table} WHERE resolution = %s"  # noqa: S608  (a constant)


def marks() -> Marks:
    """Return up to when each resolution is complete, in seconds since 1970. One query."""
    return dict(RollUp.objects.values_list("resolution", "until"))


def mark(resolution: int) -> int:
    """Return one of them. One query, or two the first time."""
    return RollUp.objects.get_or_create(resolution=resolution)[0].until


def held_mark() -> int:
    """Return until when rows of ten seconds come too late; it stays so until the transaction around this ends.

    Several may hold it at once. Waits for a roll-up that is just moving it. SQLite lets one transaction write at a
    time, so there nothing more is to be done.
    """
    sql = f"{_SHARED} FOR SHARE" if connection.features.has_select_for_update else _SHARED
    with connection.cursor() as cursor:
        cursor.execute(sql, [Resolution.MINUTE])
        if row := cursor.fetchone():
            return int(row[0])
    mark(Resolution.MINUTE)
    return held_mark()


def move_mark(resolution: int, *, known: int, until: int, is_so: Callable[[], bool]) -> bool:
    """Move a mark and return True, where it is still as known and what was found before is so; else return False.

    Within a transaction, which holds the mark to its end.
    """
    held = RollUp.objects.select_for_update().get(pk=resolution)
    if held.until != known or not is_so():
        return False
    held.until = until
    held.save()
    return True
