"""Memory runs out."""

import socket

import psutil

from apps.monitoring.alerts.rules.rule import Reading, Rule
from apps.monitoring.policy import alerts


class MemoryRule(Rule):
    """Looks at the machine that looks at the rules."""

    name = "memory"
    policy = alerts.MEMORY

    def read(self, at: float) -> list[Reading]:  # noqa: ARG002  (of now)
        """Return how much is in use."""
        percent = psutil.virtual_memory().percent
        return [Reading(key=socket.gethostname(), value=percent, output=f"{percent:g}% of the memory is in use.")]
