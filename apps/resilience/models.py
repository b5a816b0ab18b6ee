"""What the admin and its permissions need a name for. Nothing is stored here: orders are policies."""

from django.db import models


class Dependency(models.Model):
    """Stands for the dependencies in the admin; has no rows."""

    class Meta:
        managed = False
        default_permissions = ("view", "change")
        verbose_name_plural = "dependencies"

    def __str__(self) -> str:
        return "dependency"
