"""A check of health does not pass."""

from apps.monitoring.alerts.rules.rule import Reading, Rule
from apps.monitoring.health.checks import site_checks
from apps.monitoring.health.panel import looked_once
from apps.monitoring.health.status import ORDER
from apps.monitoring.policy import alerts

SECONDS = 5.0
OTHERS = frozenset({"memory", "cpu"})  # memory has a rule of its own; a busy machine is told by what it does slowly


class HealthRule(Rule):
    """Looks by itself, from where the rules are looked at."""

    name = "health"
    policy = alerts.HEALTH_CHECKS

    def read(self, at: float) -> list[Reading]:  # noqa: ARG002  (of now)
        """Return 0 for each check that passes, 1 where it warns, 2 where it fails."""
        results = looked_once([one for one in site_checks() if one.name not in OTHERS], timeout_seconds=SECONDS)
        return [
            Reading(key=result.name, value=ORDER.index(result.status), output=result.output or "It passes.")
            for result in results
        ]
