"""Monitoring as a Django app."""

from django.apps import AppConfig


class MonitoringConfig(AppConfig):
    """Recorders, snapshots, traces, health, alerts and the performance pages."""

    name = "apps.monitoring"
    label = "monitoring"
    verbose_name = "Monitoring"

    def ready(self) -> None:
        """Hear of changes by staff."""
        from apps.monitoring.events import announced  # it needs the models

        announced.watch()
