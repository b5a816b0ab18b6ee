"""When a promise is in danger: how fast its budget burns, over a long window and, to end the alarm soon, a short one.

The windows and factors are those of "The Site Reliability Workbook", chapter 5, for a budget of 30 days: at 14.4 times
the speed that the budget allows, 2% of it are gone in an hour.
"""

from dataclasses import dataclass

from apps.monitoring.slo.objective import Objective

PAGE, TICKET = "page", "ticket"
UNITS = {60: "m", 3_600: "h", 86_400: "d"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Burn:
    """An alarm: both windows, in seconds, burn faster than `factor`."""

    factor: float
    long_seconds: int
    short_seconds: int
    severity: str


BURNS = (
    Burn(factor=14.4, long_seconds=3_600, short_seconds=300, severity=PAGE),
    Burn(factor=6.0, long_seconds=21_600, short_seconds=1_800, severity=PAGE),
    Burn(factor=3.0, long_seconds=86_400, short_seconds=7_200, severity=TICKET),
    Burn(factor=1.0, long_seconds=259_200, short_seconds=21_600, severity=TICKET),
)


def burns_of(objective: Objective) -> tuple[Burn, ...]:
    """Return the alarms that can come true: nothing burns faster than all being bad. None where nothing may be bad."""
    if objective.share == 1:
        return ()
    return tuple(burn for burn in BURNS if burn.factor * objective.budget < 1)


def name_of(seconds: int) -> str:
    """Return a window as Prometheus writes it, as `30m`."""
    unit = max(unit for unit in UNITS if seconds % unit == 0)
    return f"{seconds // unit}{UNITS[unit]}"
