"""Makes coarse rows of fine ones: ten seconds of each process to a minute of all, those to ten, an hour, a day.

Each period is rolled up once. Its rows and the mark that says so are committed together, so a crash leaves all or
nothing, and of two that roll up at once the second finds the mark moved and the period done. What a process writes
after its minute was rolled up is not taken: the writer sees the mark, and counts it as dropped.
"""

import time
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from django.db import transaction
from django.db.models import Max, Min, QuerySet
from django.db.models import Sum as Total

from apps.monitoring.models.snapshots import Resolution, Snapshot
from apps.monitoring.snapshots.marks import mark, move_mark
from apps.monitoring.snapshots.track import Point, Sum

GRACE_SECONDS = 90  # a writer's rows wait for the database for a minute, then it drops them
ROWS_AT_ONCE = 500


def roll_up(*, now: float, max_seconds: float) -> int:
    """Roll up what is complete, as far as there is time; return how many periods. Blocks; raises DatabaseError.

    For any number of processes at once. The database is read outside of transactions, and locked for the writing of a
    period alone.
    """
    deadline = time.monotonic() + max_seconds
    done, limit = 0, int(now - GRACE_SECONDS)
    for fine, coarse in pairwise(Resolution.values):
        while time.monotonic() < deadline and (until := next_end(fine, coarse, limit)):
            done += is_rolled_up(fine, coarse, until)
        limit = mark(coarse)
    return done


def next_end(fine: int, coarse: int, limit: int) -> int | None:
    """Return the end of the next period that is to be rolled up: complete by the limit. None where there is none.

    Periods of which nothing is known are skipped: the end is that of the first with any rows, or the last complete one.
    """
    known, end = mark(coarse), limit // coarse * coarse
    if end <= known:
        return None
    first = _rows(fine, known, end).aggregate(first=Min("start"))["first"]
    return end if first is None else int(first // coarse * coarse + coarse)


def is_rolled_up(fine: int, coarse: int, until: int) -> bool:
    """Write the coarse rows up to then; return False, and write none, where rows came or another was faster."""
    known = mark(coarse)
    rows = _rows(fine, known, until)
    number, sums = rows.count(), dict(_summed(rows))
    made = [_row(series, coarse, until - coarse, point) for series, point in sums.items()]
    with transaction.atomic():
        is_ours = move_mark(coarse, known=known, until=until, is_so=lambda: rows.count() == number)
        if is_ours:
            Snapshot.objects.bulk_create(made, batch_size=ROWS_AT_ONCE)
    return is_ours


def _rows(resolution: int, start: int, end: int) -> QuerySet[Snapshot]:
    return Snapshot.objects.filter(resolution=resolution, start__gte=start, start__lt=end)


def _summed(rows: QuerySet[Snapshot]) -> Iterator[tuple[int, Point]]:
    """Yield the sums by series: numbers are added by the database, distributions here."""
    numbers = (
        rows.filter(counts=None).values("series_id").annotate(n=Total("count"), t=Total("total"), m=Max("maximum"))
    )
    for series, count, total, maximum in numbers.values_list("series_id", "n", "t", "m"):
        yield series, Point(count=count, total=total, maximum=maximum)
    sums: defaultdict[int, Sum] = defaultdict(Sum)
    columns = ("series_id", "count", "total", "maximum", "counts")
    for series, *values in rows.exclude(counts=None).values_list(*columns).iterator():
        sums[series].add(*values)
    for series, added in sums.items():
        yield series, added.point()


def _row(series: int, resolution: int, start: int, point: Point) -> Snapshot:
    return Snapshot(
        series_id=series,
        resolution=resolution,
        start=start,
        count=point.count,
        total=point.total,
        maximum=point.maximum,
        counts=point.histogram.packed() if point.histogram else None,
    )
