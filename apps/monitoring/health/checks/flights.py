"""Flights: whether identical work still runs once among all processes."""

from apps.deduplication.flights.current import table
from apps.monitoring.health.checks.check import Check
from apps.monitoring.health.finding import Finding
from apps.monitoring.health.status import Status


class FlightsCheck(Check):
    """Without its store each process joins its own requests alone."""

    name = "flights"
    is_of_process = True

    def look(self) -> list[Finding]:
        """Return what is promised now."""
        guarantee = table().guarantee
        is_lost = guarantee.is_lost
        output = f"{guarantee.reason} Identical work runs once per process only." if is_lost else ""
        status = Status.WARN if is_lost else Status.PASS
        return [Finding(measurement="guarantee", status=status, value="lost" if is_lost else "kept", output=output)]
