"""Retention: what is old goes, a batch at a time, and nothing that is not rolled up."""

import time
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from apps.chat.models import User
from apps.monitoring.models import Event, Feedback, HealthChange, PageMeasurement, Series, Snapshot, WorkerRun
from apps.monitoring.models.snapshots import Resolution, RollUp
from apps.monitoring.policy.retention import RETENTION
from apps.monitoring.snapshots import retention
from apps.monitoring.snapshots.retention import kept_seconds, prune
from apps.monitoring.snapshots.window import POINTS, STEPS
from apps.monitoring.tasks import tend_snapshots
from tests.monitoring.snapshots.rows import EPOCH, SECONDS, Process

pytestmark = pytest.mark.django_db
DAY = 86_400


def row(series: Series, resolution: int, age: int) -> Snapshot:
    return Snapshot.objects.create(
        series=series, resolution=resolution, start=EPOCH - age, count=1, total=1.0, maximum=1.0
    )


def everything_rolled_up() -> None:
    for resolution in Resolution.values[1:]:
        RollUp.objects.update_or_create(resolution=resolution, defaults={"until": EPOCH})


def pruned() -> dict[int, int]:
    return dict(prune(now=EPOCH, max_seconds=30))


def test_rows_go_when_they_are_older_than_their_resolution_is_kept() -> None:
    everything_rolled_up()
    series = Series.objects.create(metric="m", labels="[]")
    kept = [row(series, resolution, seconds) for resolution, seconds in kept_seconds().items()]
    for resolution, seconds in kept_seconds().items():
        row(series, resolution, seconds + resolution)
    assert pruned() == dict.fromkeys(Resolution.values, 1)
    assert list(Snapshot.objects.order_by("pk")) == kept


def test_many_go_in_batches(monkeypatch: Any) -> None:
    monkeypatch.setattr(retention, "BATCH_ROWS", 3)
    everything_rolled_up()
    series = Series.objects.create(metric="m", labels="[]")
    for number in range(10):
        row(series, 10, DAY + number * 10)
    assert pruned() == {10: 10}
    assert prune(now=EPOCH, max_seconds=0)[10] == 0


def test_what_is_not_rolled_up_stays_however_old() -> None:
    series = Series.objects.create(metric="m", labels="[]")
    old = row(series, 10, 30 * DAY)
    assert pruned() == {}
    assert list(Snapshot.objects.all()) == [old]


def test_a_series_goes_with_its_last_rows_and_a_process_with_its_time() -> None:
    everything_rolled_up()
    silent, living = (Series.objects.create(metric=name, labels="[]") for name in ("silent", "living"))
    row(silent, Resolution.DAY, 500 * DAY)
    row(living, Resolution.DAY, DAY)
    times = [datetime.fromtimestamp(EPOCH - age * DAY, UTC) for age in (90, 1)]
    runs = [WorkerRun.objects.create(name="web", version="1", started_at=at, seen_at=at) for at in times]
    pruned()
    assert list(Series.objects.all()) == [living]
    assert list(WorkerRun.objects.all()) == runs[1:]


def test_what_the_charts_draw_with_the_period_before_is_always_kept() -> None:
    fields = {field.name: field for field in RETENTION.fields}
    units = {"hours": 3_600, "days": DAY}
    least = [fields[name].knob.minimum * units[fields[name].knob.unit] for name in fields]
    assert len(least) == len(Resolution.values)
    for resolution, seconds, coarser in zip(Resolution.values, least, [*Resolution.values[1:], None], strict=True):
        steps = [step for step in STEPS if step % resolution == 0 and (coarser is None or step < coarser)]
        longest = min(max(steps) * POINTS, 91 * DAY)
        assert seconds >= 2 * longest


def test_the_command_rolls_up_and_prunes_and_says_what_it_did() -> None:
    Process().observe(EPOCH, [0.5, 0.5])
    out = StringIO()
    call_command("prune_metrics", stdout=out)
    assert "deleted 5 snapshots (1 of raw, 1 of minute" in out.getvalue()


@pytest.mark.parametrize("way", ["command", "task"])
def test_what_is_written_down_one_by_one_goes_as_well(way: str) -> None:
    old = timezone.now() - timedelta(days=500)
    PageMeasurement.objects.create(at=old, route="", kind="navigate")
    Feedback.objects.create(at=old, route="", user=User.objects.create_user("ann"))
    Event.objects.create(at=old, kind="deploy", subject="x", number=1, state="1", title="x")
    HealthChange.objects.create(check_name="x", process="p", before="pass", after="warn", at=old)
    out = StringIO()
    if way == "command":
        call_command("prune_metrics", stdout=out)
        assert "Deleted 2 poor pages and voices, 1 events, 1 changes of health." in out.getvalue()
    else:
        tend_snapshots()
    assert [model.objects.exists() for model in (PageMeasurement, Feedback, Event, HealthChange)] == [False] * 4


def test_the_task_does_the_same_by_the_schedule() -> None:
    assert settings.CELERY_BEAT_SCHEDULE["roll up and prune snapshots"]["task"] == tend_snapshots.name
    now = int(time.time())
    Process().observe(now // 60 * 60 - 600, [0.5, 0.5])
    tend_snapshots()
    rows = Snapshot.objects.filter(series__metric=SECONDS.name)
    assert set(rows.values_list("resolution", "count")) >= {(10, 2), (60, 2)}
