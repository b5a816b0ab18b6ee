"""Tasks pile up."""

from celery.app import app_or_default

from apps.monitoring.alerts.rules.rule import Reading, Rule
from apps.monitoring.health.checks.queues import waiting
from apps.monitoring.policy import alerts


class QueuesRule(Rule):
    """Asks the broker."""

    name = "queues"
    policy = alerts.QUEUES

    def read(self, at: float) -> list[Reading]:  # noqa: ARG002  (of now)
        """Return how many tasks wait in each queue."""
        app = app_or_default()
        with app.connection_for_write() as connection:
            lengths = waiting(app, connection)
        return [
            Reading(key=name, value=length, output=f"{length:,} tasks wait in the queue {name}.")
            for name, length in lengths.items()
        ]
