"""The bus between processes."""

from apps.backplane.current import bus
from apps.monitoring.health.checks.check import Check
from apps.monitoring.health.finding import Finding
from apps.monitoring.health.status import Status

ALONE = "Other processes are followed through the database: up to 5 s late."


class BusCheck(Check):
    """Where it is meant to reach others it should."""

    name = "bus"
    is_of_process = True

    def look(self) -> list[Finding]:
        """Return peers, losses, and whether anybody is reached."""
        told = bus().status()
        is_cut = told.is_shared and not told.is_connected
        return [
            Finding(
                measurement="connection",
                status=Status.WARN if is_cut else Status.PASS,
                value=("connected" if told.is_connected else "lost") if told.is_shared else "within this process",
                output=ALONE if is_cut else "",
            ),
            Finding(measurement="peers", value=len(told.peers)),
            Finding(measurement="losses", value=told.losses),
        ]
