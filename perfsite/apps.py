"""The project as a Django app, for its commands and start-up wiring."""

from typing import Any

from django.apps import AppConfig
from django.core.management import call_command
from django.db.models.signals import post_migrate


class PerfsiteConfig(AppConfig):
    """Makes `migrate` leave everything the settings ask for in place."""

    name = "perfsite"

    def ready(self) -> None:
        """Connect what must happen after a migration."""
        post_migrate.connect(create_cache_table, sender=self)


def create_cache_table(*, using: str, verbosity: int, **_: Any) -> None:
    """Create the table of the database cache where the settings use one; else do nothing."""
    call_command("createcachetable", database=using, verbosity=max(0, verbosity - 1))
