"""Deduplication as a Django app."""

from django.apps import AppConfig


class DeduplicationConfig(AppConfig):
    """Flights, idempotency keys and the auditor of both."""

    name = "apps.deduplication"
    label = "deduplication"
    verbose_name = "Deduplication"

    def ready(self) -> None:
        """Watch what is written."""
        from apps.deduplication.http import writes

        writes.watch()
