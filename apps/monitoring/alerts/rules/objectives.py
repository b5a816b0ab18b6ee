"""A promise is in danger: its budget burns too fast, now and for a while already."""

from apps.monitoring.alerts.rules.rule import Reading, Rule
from apps.monitoring.policy import alerts
from apps.monitoring.slo.burn import Burn, burns_of, name_of
from apps.monitoring.slo.definitions import OBJECTIVES
from apps.monitoring.slo.objective import Objective
from apps.monitoring.slo.standing import standing
from apps.monitoring.snapshots.window import Window

LEAST = 20  # of fewer in the short window the share says nothing
LOOKS = 10  # as often is a burn looked at in its short window: days are not added up every 15 seconds


class ObjectivesRule(Rule):
    """Looks by the windows that Prometheus' rules have, too."""

    name = "objectives"
    policy = alerts.OBJECTIVES

    def __init__(self) -> None:
        self._known: dict[str, tuple[float, Reading]] = {}

    def read(self, at: float) -> list[Reading]:
        """Return for each promise and window how much of the speed that is told its budget burns with."""
        return [self._read(objective, burn, at) for objective in OBJECTIVES for burn in burns_of(objective)]

    def _read(self, objective: Objective, burn: Burn, at: float) -> Reading:
        key = f"{objective.name} {name_of(burn.long_seconds)}"
        looked_at, reading = self._known.get(key, (0.0, None))
        if reading is None or not 0 <= at - looked_at < burn.short_seconds / LOOKS:
            reading = reading_of(key, objective, burn, at)
            self._known[key] = at, reading
        return reading


def reading_of(key: str, objective: Objective, burn: Burn, at: float) -> Reading:
    """Return how fast the budget burns, over the long window and the short one: the slower counts."""
    short = standing(objective, Window.last(burn.short_seconds, now=at))
    if not short.bad or short.total < LEAST:
        return Reading(key=key, value=0.0, output=f"{objective.title}: kept.")
    long = standing(objective, Window.last(burn.long_seconds, now=at))
    value = round(min(short.speed, long.speed) / burn.factor, 3)
    output = (
        f"{objective.title}: {long.bad:,.0f} of {long.total:,.0f} did not in the last {name_of(burn.long_seconds)}; "
        f"{objective.share:.10g} is promised."
    )
    return Reading(key=key, value=value, output=output)
