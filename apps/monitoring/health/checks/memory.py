"""Memory: of the machine, and of this process."""

import psutil

from apps.monitoring.health.checks.check import Check
from apps.monitoring.health.finding import Finding
from apps.monitoring.health.status import Status
from apps.monitoring.policy.health import HEALTH


class MemoryCheck(Check):
    """Warns alone: to be taken out of service for it would load the others more."""

    name = "memory"
    component_type = "system"

    def look(self) -> list[Finding]:
        """Return both."""
        percent, limit = psutil.virtual_memory().percent, HEALTH.current.memory_percent
        is_much = percent > limit
        return [
            Finding(
                measurement="utilization",
                status=Status.WARN if is_much else Status.PASS,
                value=percent,
                unit="%",
                output=f"More than {limit:g}% of the machine's memory is in use." if is_much else "",
            ),
            Finding(measurement="process", value=psutil.Process().memory_info().rss, unit="bytes"),
        ]
