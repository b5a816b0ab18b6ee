"""What the auditors of cache and flights must never find."""

from datetime import UTC, datetime, timedelta

from apps.caching.watching.journal import violations_since
from apps.deduplication.audit.journal import duplicates_since
from apps.monitoring.alerts.rules.rule import Reading, Rule
from apps.monitoring.policy import alerts

WINDOW = timedelta(minutes=10)


class FreshnessRule(Rule):
    """Something that was older than it may be, in whichever process."""

    name = "freshness"
    policy = alerts.FRESHNESS

    def read(self, at: float) -> list[Reading]:
        """Return how much of it was found."""
        found = violations_since(datetime.fromtimestamp(at, UTC) - WINDOW)
        return [Reading(key="", value=found, output=f"The auditors found {found} in ten minutes.")]


class DuplicatesRule(Rule):
    """Work that ran twice though it was to run once."""

    name = "duplicates"
    policy = alerts.DUPLICATES

    def read(self, at: float) -> list[Reading]:
        """Return how much of it was found."""
        found = duplicates_since(datetime.fromtimestamp(at, UTC) - WINDOW)
        return [Reading(key="", value=found, output=f"The auditors found {found} in ten minutes.")]
