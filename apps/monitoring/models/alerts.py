"""What staff are told of by themselves: alerts, who was told, and whose turn it is to look."""

from typing import ClassVar

from django.db import models
from django.db.models import Q


class Alert(models.Model):
    """One time that one rule was broken, from its first sign to its end. Open until `resolved_at`."""

    class State(models.TextChoices):
        """How far it has come."""

        PENDING = "pending", "pending"
        RAISED = "raised", "raised"
        RESOLVED = "resolved", "resolved"

    rule = models.CharField(max_length=50)
    key = models.CharField(max_length=200, blank=True, help_text="What of it, as the breaker's name.")
    state = models.CharField(max_length=10, choices=State.choices, db_index=True)
    value = models.FloatField()
    threshold = models.FloatField()
    output = models.CharField(max_length=500, blank=True)
    since = models.DateTimeField(help_text="When the rule was broken.")
    clear_since = models.DateTimeField(null=True, help_text="Since when it is kept again, while that is young.")
    seen_at = models.DateTimeField(help_text="When somebody looked last.")
    raised_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True, db_index=True)
    last_notified_at = models.DateTimeField(null=True)
    silenced_until = models.DateTimeField(null=True)
    acknowledged_by_id = models.BigIntegerField(null=True)
    acknowledged_by = models.CharField(max_length=150, blank=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["rule", "key"], condition=Q(resolved_at=None), name="monitoring_alert_open")
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.key}".strip()


class AlertDelivery(models.Model):
    """What is to be told of an alert, by one channel: written with the change it tells of, sent when it can be."""

    class Event(models.TextChoices):
        """What is told."""

        RAISED = "raised", "raised"
        REPEATED = "repeated", "repeated"
        RESOLVED = "resolved", "resolved"

    class Channel(models.TextChoices):
        """How it is told."""

        EMAIL = "email", "e-mail"
        WEBHOOK = "webhook", "webhook"

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="deliveries")
    event = models.CharField(max_length=10, choices=Event.choices)
    channel = models.CharField(max_length=10, choices=Channel.choices)
    recipients = models.CharField(max_length=1_000, blank=True)
    content = models.JSONField(help_text="What the alert said when this was written.")
    created_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    delivered_at = models.DateTimeField(null=True)
    given_up_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        verbose_name_plural = "alert deliveries"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["alert", "event", "channel", "created_at"], name="monitoring_alert_delivery_once"
            )
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["created_at"],
                condition=Q(delivered_at=None, given_up_at=None),
                name="monitoring_delivery_waiting",
            )
        ]

    def __str__(self) -> str:
        return f"{self.event} by {self.channel}"


class AlertTurn(models.Model):
    """Whose turn it is to look at the rules: one row, held until a moment."""

    holder = models.CharField(max_length=64)
    until = models.FloatField(help_text="Seconds since 1970.")

    def __str__(self) -> str:
        return self.holder
