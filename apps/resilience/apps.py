"""Resilience as a Django app."""

from django.apps import AppConfig


class ResilienceConfig(AppConfig):
    """Breakers and pipelines, one per dependency."""

    name = "apps.resilience"
    label = "resilience"
    verbose_name = "Resilience"
