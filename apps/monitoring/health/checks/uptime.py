"""How long this process has been running."""

import time

import psutil

from apps.monitoring.health.checks.check import Check
from apps.monitoring.health.finding import Finding


class UptimeCheck(Check):
    """Counts from the start of the process."""

    name = "uptime"
    component_type = "system"
    is_of_process = True

    def __init__(self) -> None:
        self._started = psutil.Process().create_time()

    def look(self) -> list[Finding]:
        """Return the seconds."""
        return [Finding(measurement="process", value=round(time.time() - self._started, 1), unit="s")]
