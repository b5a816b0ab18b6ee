"""Tuning as a Django app."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class TuningConfig(AppConfig):
    """Policies, their revisions and the audit log."""

    name = "apps.tuning"
    label = "tuning"
    verbose_name = "Tuning"

    def ready(self) -> None:
        """Load every app's `policy` module: a policy nobody has read yet can be listed and changed, too."""
        autodiscover_modules("policy")
