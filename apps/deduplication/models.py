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
