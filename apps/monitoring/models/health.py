"""How the site's health changed."""

from typing import ClassVar

from django.db import models


class HealthChange(models.Model):
    """A check that came to another result, as one process found it."""

    check_name = models.CharField("check", max_length=50)
    process = models.CharField(max_length=128)
    before = models.CharField(max_length=4)
    after = models.CharField(max_length=4)
    output = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = "change of health"
        verbose_name_plural = "health"
        ordering: ClassVar = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.check_name}: {self.before} → {self.after}"
