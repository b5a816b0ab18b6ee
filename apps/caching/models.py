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
