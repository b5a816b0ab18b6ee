"""The processes that were watched."""

from django.db import models


class WorkerRun(models.Model):
    """One process from its start to its end. Its number tells its snapshots from those of others."""

    name = models.CharField(max_length=128, help_text="What kind of process it is, its host and its number there.")
    version = models.CharField(max_length=64)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = "process"
        verbose_name_plural = "processes"

    def __str__(self) -> str:
        return self.name
