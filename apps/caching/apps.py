"""Caching as a Django app."""

from django.apps import AppConfig


class CachingConfig(AppConfig):
    """Namespaces, levels, tags and the log of invalidations."""

    name = "apps.caching"
    label = "caching"
    verbose_name = "Caching"

    def ready(self) -> None:
        """Watch what is written, and what is committed; declare the namespace of sessions."""
        # Need the settings, the models, and Django's own apps.
        from celery.signals import worker_ready

        import apps.caching.session_store  # noqa: F401  (declares)
        from apps.caching import clearing, tasks, transactions
        from apps.caching.backend.area import declare_areas

        transactions.watch()
        clearing.watch()
        declare_areas()
        worker_ready.connect(tasks.warm_after_start, dispatch_uid="caching.warm_after_start", weak=False)
