"""The levels of the cache, and what is lost with each."""

from apps.caching.current import store
from apps.caching.namespace import namespaces
from apps.caching.sessions import sessions
from apps.monitoring.health.checks.check import Check
from apps.monitoring.health.finding import Finding
from apps.monitoring.health.status import Status

LOST = "Values are kept by each process alone and for a short time; more is asked of the database."


class CacheCheck(Check):
    """Levels 1 and 2 are this process's memory and cannot be gone; level 3 can."""

    name = "cache"
    component_type = "datastore"
    is_of_process = True

    def look(self) -> list[Finding]:
        """Return all three."""
        lost = store().lost
        entries = sum(len(namespace.shelf.entries) for namespace in namespaces())
        return [
            Finding(measurement="L1", value=entries, unit="entries"),
            Finding(measurement="L2", value=sessions.count()[1], unit="entries"),
            Finding(
                measurement="L3",
                status=Status.WARN if lost else Status.PASS,
                value="lost" if lost else "trusted",
                output=f"{lost} {LOST}" if lost else "",
            ),
        ]
