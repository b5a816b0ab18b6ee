"""The disk of the data directory: how full it is, and whether uploads can be written."""

import psutil
from django.conf import settings

from apps.monitoring.health.checks.check import Check
from apps.monitoring.health.finding import Finding
from apps.monitoring.health.status import Status
from apps.monitoring.policy.health import HEALTH


class DiskCheck(Check):
    """Warns alone: what needs no disk goes on."""

    name = "disk"
    component_type = "system"
    is_blocking = True

    def look(self) -> list[Finding]:
        """Return both; raise what django-health-check raises where nothing can be written."""
        # As in the check of the database.
        from health_check.checks import Storage

        percent, limit = psutil.disk_usage(str(settings.DATA_DIR)).percent, HEALTH.current.disk_percent
        is_full = percent > limit
        Storage().run()
        return [
            Finding(
                measurement="utilization",
                status=Status.WARN if is_full else Status.PASS,
                value=percent,
                unit="%",
                output=f"More than {limit:g}% of the disk is in use." if is_full else "",
            )
        ]
