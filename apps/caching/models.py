"""What the cache keeps in the database. Private to this app."""

from django.db import models
from django.db.models.functions import Now


class Invalidation(models.Model):
    """A tag that a transaction invalidated, written within it.

    Without Redis these rows are the stamps themselves. With it they are what Redis could not be told, until it is.
    """

    tag = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["tag", "id"], name="invalidation_by_tag")]

    def __str__(self) -> str:
        return self.tag


class StoredEntry(models.Model):
    """An entry of level 3 where there is no Redis: sealed, and nobody can tell from its digest what it is."""

    digest = models.CharField(max_length=32, primary_key=True)
    data = models.BinaryField()
    expires_at = models.FloatField(db_index=True, help_text="Seconds since 1970.")

    class Meta:
        verbose_name_plural = "stored entries"

    def __str__(self) -> str:
        return self.digest


class Cell(models.Model):
    """A value of Django's cache where there is no Redis: sealed; `area` is whose `clear` removes it."""

    digest = models.CharField(max_length=32, primary_key=True)
    area = models.CharField(max_length=32, db_index=True)
    data = models.BinaryField()
    expires_at = models.FloatField(null=True, db_index=True, help_text="Seconds since 1970; empty for ever.")

    def __str__(self) -> str:
        return self.digest


class HotKey(models.Model):
    """A key that is asked for: how often of late, at which level, and what it takes to have. A sample."""

    digest = models.CharField(max_length=32, primary_key=True)
    namespace = models.CharField(max_length=100)
    key = models.TextField(blank=True, help_text="JSON; empty where the namespace cannot load by key.")
    tags = models.JSONField()
    size = models.PositiveIntegerField(help_text="Bytes in memory.")
    l1 = models.BigIntegerField()
    l2 = models.BigIntegerField()
    l3 = models.BigIntegerField()
    loads = models.BigIntegerField()
    load_seconds = models.FloatField()
    loaded_at = models.FloatField(help_text="Seconds since 1970.")
    seen_at = models.FloatField(db_index=True, help_text="Seconds since 1970.")

    def __str__(self) -> str:
        return self.digest


class FreshnessViolation(models.Model):
    """Something in a process's memory that was older than it may be, as the auditor found it."""

    found_at = models.DateTimeField(db_default=Now(), db_index=True)
    namespace = models.CharField(max_length=100)
    digest = models.CharField(max_length=32, help_text="Names the namespace and the key; nobody can tell them from it.")
    level = models.CharField(max_length=2)
    origin = models.CharField(max_length=255, help_text="The process that had it.")
    tag = models.CharField(max_length=200, help_text="What had been invalidated.")
    why = models.CharField(max_length=100)
    seconds = models.FloatField(help_text="From the invalidation to the look.")
    age_seconds = models.FloatField(help_text="Since the value was loaded.")
    history = models.JSONField(help_text="What the process knew of the entry, step by step.")

    class Meta:
        indexes = [models.Index(fields=["digest", "found_at"], name="violation_by_digest")]

    def __str__(self) -> str:
        return f"{self.namespace} {self.digest} at {self.level}"


class CacheNamespace(StoredEntry):
    """Stands for the declared namespaces in the admin and in its permissions; has no rows of its own."""

    class Meta:
        proxy = True
        default_permissions = ("view", "change")
        permissions = (("view_values", "Can see values in the cache"),)
        verbose_name = "namespace"
