"""What browsers told, and what people said."""

from typing import ClassVar

from django.conf import settings
from django.db import models


class PageMeasurement(models.Model):
    """A page that a browser found poor. Times are seconds; what was not measured is empty."""

    at = models.DateTimeField(db_index=True)
    route = models.CharField(max_length=200)
    kind = models.CharField(max_length=16, help_text="How it was reached: navigate, reload, back_forward.")
    trace_id = models.CharField(max_length=32, blank=True)
    lcp = models.FloatField(null=True)
    inp = models.FloatField(null=True)
    ttfb = models.FloatField(null=True)
    cls = models.FloatField(null=True)

    class Meta:
        verbose_name = "poor page"

    def __str__(self) -> str:
        return f"{self.route} at {self.at}"


class Feedback(models.Model):
    """What somebody thinks of a page. What they did not say is empty."""

    at = models.DateTimeField(db_index=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    route = models.CharField(max_length=200)
    trace_id = models.CharField(max_length=32, blank=True)
    is_fast = models.BooleanField(null=True)
    is_helpful = models.BooleanField(null=True)
    comment = models.CharField(max_length=1_000, blank=True)

    class Meta:
        verbose_name_plural = "feedback"
        ordering: ClassVar = ["-at"]

    def __str__(self) -> str:
        return f"{self.route} at {self.at}"
