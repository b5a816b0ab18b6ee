"""What happened: the rare things that explain why the figures went another way."""

from typing import ClassVar

from django.db import models


class Event(models.Model):
    """Something that happened to a subject, which is in a state since. `number` counts what happened to it.

    Two processes that tell of the same thing both want to be its next number: one of them is.
    """

    class Kind(models.TextChoices):
        """What sort of thing."""

        DEPLOY = "deploy", "Deploy"
        BREAKER = "breaker", "Breaker"
        GUARANTEE = "guarantee", "Guarantee"
        FRESHNESS = "freshness", "Freshness"
        DUPLICATE = "duplicate", "Duplicate"
        ALERT = "alert", "Alert"
        FAILOVER = "failover", "Failover"

    at = models.DateTimeField(db_index=True)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    subject = models.CharField(max_length=200)
    number = models.PositiveBigIntegerField()
    state = models.CharField(max_length=100)
    title = models.CharField(max_length=200)
    detail = models.CharField(max_length=1_000, blank=True)
    link = models.CharField(max_length=300, blank=True)
    actor = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "subject", "number"], name="monitoring_event_once")
        ]

    def __str__(self) -> str:
        return self.title
