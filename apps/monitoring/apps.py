"""Monitoring as a Django app."""

from django.apps import AppConfig


class MonitoringConfig(AppConfig):
    """Recorders, snapshots, traces, health, alerts and the performance pages."""

    name = "apps.monitoring"
    label = "monitoring"
    verbose_name = "Monitoring"
