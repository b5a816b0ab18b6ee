"""The project as a Django app, for its commands."""

from django.apps import AppConfig


class PerfsiteConfig(AppConfig):
    """Holds `manage.py serve`."""

    name = "perfsite"
