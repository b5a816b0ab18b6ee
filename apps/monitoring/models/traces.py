"""The traces that were kept, each process's part as a row."""

from typing import ClassVar

from django.db import models


class TraceSegment(models.Model):
    """What one process did within a trace: a request, a task, a socket's message, a reply.

    `spans` are packed (`apps.monitoring.tracing.stored`), a bounded number; of accounts only the number is kept.
    """

    class Kind(models.TextChoices):
        """What the process was asked to do."""

        REQUEST = "request"
        TASK = "task"
        MESSAGE = "message"
        REPLY = "reply"

    class Why(models.TextChoices):
        """What it was kept for."""

        SAMPLED = "sampled"
        SLOW = "slow"
        FAILED = "failed"

    trace_id = models.CharField(max_length=32, db_index=True)
    span_id = models.CharField(max_length=16)
    parent_id = models.CharField(max_length=16, blank=True)
    process = models.CharField(max_length=128)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    name = models.CharField(max_length=200)
    route = models.CharField(max_length=200, blank=True)
    status = models.PositiveSmallIntegerField(default=0, help_text="Of a request's answer; 0 where there is none.")
    started_at = models.DateTimeField()
    seconds = models.FloatField()
    is_error = models.BooleanField()
    why = models.CharField(max_length=16, choices=Why.choices)
    request_id = models.CharField(max_length=64, blank=True)
    account = models.BigIntegerField(null=True, help_text="The number of the user who asked, where somebody did.")
    spans = models.BinaryField()
    dropped = models.PositiveIntegerField(default=0, help_text="Spans beyond the bound.")

    class Meta:
        verbose_name = "kept trace"
        indexes: ClassVar = [
            models.Index(fields=["started_at"], name="monitoring_trace_age"),
            models.Index(fields=["kind", "-started_at"], name="monitoring_trace_kind"),
            models.Index(fields=["route", "-started_at"], name="monitoring_trace_route"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.trace_id}"
