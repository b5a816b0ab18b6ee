"""What was measured, by time."""

from typing import ClassVar

from django.db import models


class Series(models.Model):
    """A metric with its labels: what snapshots refer to by number. `labels` is a JSON list in the metric's order."""

    metric = models.CharField(max_length=100)
    labels = models.CharField(max_length=1_000)

    class Meta:
        verbose_name_plural = "series"
        constraints: ClassVar = [models.UniqueConstraint(fields=["metric", "labels"], name="monitoring_series_unique")]

    def __str__(self) -> str:
        return f"{self.metric} {self.labels}"


class Resolution(models.IntegerChoices):
    """Seconds between two snapshots. Each is a multiple of the one before, which it is rolled up from."""

    RAW = 10
    MINUTE = 60
    TEN_MINUTES = 600
    HOUR = 3_600
    DAY = 86_400


class Snapshot(models.Model):
    """What one series of one process did between two moments, or that of all processes together where `worker` is 0.

    Of a counter `total` is its growth; of a gauge `total` is the sum of `count` readings; of a distribution they are
    number and sum of its values, and `counts` are its buckets (`Histogram.packed`).
    """

    Resolution = Resolution

    series = models.ForeignKey(Series, on_delete=models.CASCADE, db_constraint=False, related_name="+", db_index=False)
    resolution = models.PositiveIntegerField(choices=Resolution.choices)
    start = models.BigIntegerField(help_text="Seconds since 1970, a multiple of the resolution.")
    worker = models.BigIntegerField(default=0)
    count = models.BigIntegerField()
    total = models.FloatField()
    maximum = models.FloatField()
    counts = models.BinaryField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["series", "resolution", "start", "worker"], name="monitoring_snapshot_unique"
            )
        ]
        indexes: ClassVar = [models.Index(fields=["resolution", "start"], name="monitoring_snapshot_age")]

    def __str__(self) -> str:
        return f"{self.series_id} at {self.start}"


class RollUp(models.Model):
    """Up to when the snapshots of a resolution are complete: what is older is read from them, and none is added."""

    resolution = models.PositiveIntegerField(choices=Resolution.choices, primary_key=True)
    until = models.BigIntegerField(default=0, help_text="Seconds since 1970, a multiple of the resolution.")

    class Meta:
        verbose_name = "roll-up"
        verbose_name_plural = "roll-ups"

    def __str__(self) -> str:
        return f"{self.resolution} s up to {self.until}"
