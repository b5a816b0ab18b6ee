"""Caching as a Django app."""

from django.apps import AppConfig


class CachingConfig(AppConfig):
    """Namespaces, levels, tags and the log of invalidations."""

    name = "apps.caching"
    label = "caching"
    verbose_name = "Caching"

    def ready(self) -> None:
        """Watch what is written, and what is committed; declare the namespace of sessions."""
        # Need the settings of the databases, and Django's own apps.
        import apps.caching.session_store  # noqa: F401  (declares)
        from apps.caching import transactions

        transactions.watch()
