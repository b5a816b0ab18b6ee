"""Resilience as a Django app."""

from django.apps import AppConfig


class ResilienceConfig(AppConfig):
    """Breakers and pipelines, one per dependency."""

    name = "apps.resilience"
    label = "resilience"
    verbose_name = "Resilience"

    def ready(self) -> None:
        """Let breakers and limits obey changed policies at once."""
        # The pipelines need the settings, which are ready only now.
        from apps.resilience.limits import current
        from apps.resilience.sharing.current import obey_change
        from apps.tuning.signals import policy_changed

        policy_changed.connect(obey_change, dispatch_uid="resilience.obey")
        policy_changed.connect(current.obey_change, dispatch_uid="resilience.limits")
