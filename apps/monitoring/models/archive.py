"""What is kept by name: statements and exceptions, each once however often it comes."""

from django.db import models


class Statement(models.Model):
    """A statement without values; its figures are series with its digest as label."""

    digest = models.CharField(max_length=16, primary_key=True)
    operation = models.CharField(max_length=16)
    table = models.CharField(max_length=128)
    text = models.TextField()
    seen_at = models.DateTimeField(db_index=True, help_text="When a process last met it for the first time.")

    def __str__(self) -> str:
        return self.text


class ExceptionGroup(models.Model):  # noqa: A001  (of equal ones; Python's own is nothing that is stored)
    """Exceptions of one type from one place of the code on one route. No values: neither in message nor traceback."""

    digest = models.CharField(max_length=16, primary_key=True)
    type = models.CharField(max_length=200)
    place = models.CharField(max_length=300, help_text="File and line of the innermost frame of our own.")
    route = models.CharField(max_length=200)
    message = models.CharField(max_length=500, help_text="Of the first one, with 0 for numbers and without quotes.")
    traceback = models.TextField()
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField(db_index=True)
    count = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.type} at {self.place}"
