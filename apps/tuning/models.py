"""What tuning keeps: revisions of policies, the audit log, and who follows. Private to this app.

Accounts are kept by number and name, without a foreign key: a record must not change when an account is deleted.
"""

from django.db import models
from django.utils import timezone

from apps.tuning.append_only import AppendOnly, AppendOnlyQuerySet
from apps.tuning.canonical import CanonicalJSONField


class PolicyRevision(AppendOnly):
    """The complete values of a policy from one moment on. The greatest id is the revision of the site."""

    policy = models.CharField(max_length=50)
    number = models.PositiveIntegerField(help_text="1, 2, 3 … within the policy.")
    values = CanonicalJSONField()
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=150)
    reason = models.CharField(max_length=500)
    request_id = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = AppendOnlyQuerySet.as_manager()

    class Meta(AppendOnly.Meta):
        constraints = [models.UniqueConstraint(fields=["policy", "number"], name="policy_revision_once")]

    def __str__(self) -> str:
        return f"{self.policy} {self.number}"


class Policy(PolicyRevision):
    """Stands for policies in the admin and in its permissions; has no rows of its own."""

    class Meta:
        proxy = True
        default_permissions = ("view", "change")
        verbose_name_plural = "policies"


class AuditEntry(AppendOnly):
    """Who did what to what, and why. Each entry carries the hash of the one before it."""

    id = models.PositiveBigIntegerField(primary_key=True, help_text="1, 2, 3 … without a gap.")
    created_at = models.DateTimeField()
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=150)
    action = models.CharField(max_length=100, db_index=True)
    target = models.CharField(max_length=200, db_index=True)
    before = CanonicalJSONField()
    after = CanonicalJSONField()
    reason = models.CharField(max_length=500)
    request_id = models.CharField(max_length=64, blank=True)
    previous_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    objects = AppendOnlyQuerySet.as_manager()

    class Meta(AppendOnly.Meta):
        verbose_name_plural = "audit log"

    def __str__(self) -> str:
        return f"{self.id}: {self.action} {self.target}"


class AuditHead(models.Model):
    """The end of the audit log: whoever writes holds this row, and a log that was cut short does not reach it."""

    entries = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return f"{self.entries} entries"


class PolicyFollower(models.Model):
    """A process that obeys policies, and the revision of the site it obeys."""

    origin = models.CharField(max_length=300, unique=True)
    revision = models.PositiveBigIntegerField()
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.origin} at {self.revision}"
