"""Caching as a Django app."""

from django.apps import AppConfig


class CachingConfig(AppConfig):
    """Namespaces, levels, tags and the log of invalidations."""

    name = "apps.caching"
    label = "caching"
    verbose_name = "Caching"

    def ready(self) -> None:
        """Watch what is written, and what is committed."""
        # Need the settings, and the models.
        from apps.caching import transactions
        from apps.caching.backend.area import declare_areas

        transactions.watch()
        declare_areas()
