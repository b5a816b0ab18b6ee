"""Puts the faults in place once all apps are ready."""

from django.apps import AppConfig


class FaultsConfig(AppConfig):
    """Named apart from the app that it breaks."""

    name = "tests.stack.idempotency"
    label = "idempotency_faults"

    def ready(self) -> None:
        """Wrap what the protocol calls."""
        from tests.stack.idempotency.faults import install

        install()
