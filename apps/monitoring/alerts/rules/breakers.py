"""A breaker is open."""

from apps.monitoring.alerts.rules.rule import Reading, Rule
from apps.monitoring.policy import alerts
from apps.resilience.breaker.state import State
from apps.resilience.overview import Standing, standings

REJECTING = frozenset({State.OPEN, State.HALF_OPEN, State.FORCED_OPEN})


class BreakersRule(Rule):
    """Asks the fleet's store: every process's breaker counts."""

    name = "breakers"
    policy = alerts.BREAKERS

    def read(self, at: float) -> list[Reading]:  # noqa: ARG002  (of now)
        """Return in how many processes each rejects calls."""
        return [reading(one) for one in standings()]


def reading(one: Standing) -> Reading:
    """Return one dependency's reading."""
    views = [process.view for process in one.processes if process.view["state"] in REJECTING]
    reasons = sorted({view["reason"] for view in views if view["reason"]})
    output = f"Calls to {one.title} are rejected. {' '.join(reasons)}" if views else ""
    return Reading(key=one.name, value=len(views), output=output)
