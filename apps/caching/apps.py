"""Caching as a Django app."""

from django.apps import AppConfig


class CachingConfig(AppConfig):
    """Namespaces, levels, tags and the log of invalidations."""

    name = "apps.caching"
    label = "caching"
    verbose_name = "Caching"

    def ready(self) -> None:
        """Watch what is written, and what is committed."""
        # Needs the settings of the databases.
        from apps.caching import transactions

        transactions.watch()
