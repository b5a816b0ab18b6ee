"""Forgets what is older than staff want to keep, a few thousand rows at a time."""

import time
from collections import Counter
from datetime import UTC, datetime, timedelta

from django.db.models import Exists, OuterRef

from apps.monitoring.models import Series, Snapshot, WorkerRun
from apps.monitoring.models.snapshots import Resolution
from apps.monitoring.policy.retention import RETENTION
from apps.monitoring.snapshots.marks import marks

HOUR, DAY = 3_600, 86_400
BATCH_ROWS = 2_000


def kept_seconds() -> dict[int, int]:
    """Return how long snapshots are kept, by resolution."""
    policy = RETENTION.current
    return {
        Resolution.RAW: policy.raw_hours * HOUR,
        Resolution.MINUTE: policy.minute_days * DAY,
        Resolution.TEN_MINUTES: policy.ten_minutes_days * DAY,
        Resolution.HOUR: policy.hour_days * DAY,
        Resolution.DAY: policy.day_days * DAY,
    }


def prune(*, now: float, max_seconds: float) -> Counter[int]:
    """Delete what is too old, as far as there is time; return how many rows of each resolution. Blocks.

    Rows that are not rolled up yet stay, however old. With the last rows of a series the series goes.
    """
    deadline = time.monotonic() + max_seconds
    deleted: Counter[int] = Counter()
    for resolution, limit in _limits(now).items():
        while time.monotonic() < deadline and (number := _pruned(resolution, limit)):
            deleted[resolution] += number
    if deleted[Resolution.DAY]:
        Series.objects.exclude(Exists(Snapshot.objects.filter(series=OuterRef("pk")))).delete()
    last = datetime.fromtimestamp(now, UTC) - timedelta(seconds=kept_seconds()[Resolution.HOUR])
    WorkerRun.objects.filter(seen_at__lt=last).delete()
    return deleted


def _limits(now: float) -> dict[int, int]:
    kept, rolled_up = kept_seconds(), marks()
    limits = {resolution: int(now) - seconds for resolution, seconds in kept.items()}
    for fine, coarse in zip(Resolution.values, Resolution.values[1:], strict=False):
        limits[fine] = min(limits[fine], rolled_up.get(coarse, 0))
    return limits


def _pruned(resolution: int, limit: int) -> int:
    """Delete a batch, and return how many rows it had."""
    old = Snapshot.objects.filter(resolution=resolution, start__lt=limit).order_by("start").values("pk")
    return Snapshot.objects.filter(pk__in=old[:BATCH_ROWS]).delete()[0]
