"""What runs."""

from django.conf import settings

from apps.monitoring.health.checks.check import Check
from apps.monitoring.health.finding import Finding


class ReleaseCheck(Check):
    """The version that was started."""

    name = "release"
    component_type = "system"

    def look(self) -> list[Finding]:
        """Return it."""
        return [Finding(measurement="version", value=settings.VERSION)]
