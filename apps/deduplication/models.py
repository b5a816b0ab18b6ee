"""What deduplication keeps. Private to this app."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class IdempotencyRecord(models.Model):
    """The answer that a request with a key was given, written in the transaction of its effect."""

    digest = models.CharField(
        max_length=32, help_text="Names account, method, path and key; nobody can tell them from it."
    )
    # No constraint: it would be checked at the commit, when the account may just be gone. Its records go with it.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    method = models.CharField(max_length=10)
    path = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=32, help_text="Names the payload: query and body.")
    standing = models.CharField(max_length=20, blank=True, help_text="What the account was to the thing addressed.")
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    body = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["digest"], name="idempotency_once")]
        indexes = [
            models.Index(fields=["user", "id"], name="idempotency_by_user"),
            models.Index(fields=["created_at"], name="idempotency_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.digest[:8]}"


class FlightExecution(models.Model):
    """One execution of shared work, as the auditor saw it. Times are nanoseconds of the machine's monotonic clock."""

    scope = models.CharField(max_length=50)
    digest = models.CharField(max_length=32, help_text="Names the scope and the key; nobody can tell them from it.")
    token = models.CharField(max_length=32, blank=True, help_text="The round; none where a round was ended on purpose.")
    host = models.CharField(max_length=255)
    pid = models.PositiveIntegerField()
    clock = models.CharField(max_length=255, help_text="Times of equal clocks compare exactly.")
    offset_ns = models.BigIntegerField(help_text="What added to a time makes it one since 1970.")
    started_ns = models.BigIntegerField()
    ended_ns = models.BigIntegerField(help_text="While it runs, and for ever if it was killed: when it last ran.")
    let_go_ns = models.BigIntegerField(default=0, help_text="When its lead was given up, 0 if it never was.")
    is_running = models.BooleanField(default=False)
    is_alone = models.BooleanField(default=False, help_text="Whether the guarantee was lost meanwhile, and said so.")
    is_judged = models.BooleanField(default=False)
    verdict = models.CharField(max_length=10, blank=True, help_text="Whether it overlapped an earlier one.")
    overlapped = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="+")
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["digest", "seen_at"], name="execution_by_digest"),
            models.Index(fields=["seen_at"], name="execution_by_age"),
            models.Index(fields=["id"], condition=models.Q(is_judged=False), name="execution_unjudged"),
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.digest} by {self.host}:{self.pid}"


class LiveFlight(FlightExecution):
    """Stands for the flights under way in the admin and in its permissions; has no rows of its own."""

    class Meta:
        proxy = True
        default_permissions = ("view", "change")
        verbose_name = "flight under way"
        verbose_name_plural = "flights under way"
