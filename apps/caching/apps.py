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
        from celery.signals import worker_ready

        from apps.caching import tasks, transactions
        from apps.caching.backend.area import declare_areas

        transactions.watch()
        declare_areas()
        worker_ready.connect(tasks.warm_after_start, dispatch_uid="caching.warm_after_start", weak=False)
