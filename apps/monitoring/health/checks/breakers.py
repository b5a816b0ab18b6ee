"""The breakers of this process: which dependencies are not called now."""

from apps.monitoring.health.checks.check import Check
from apps.monitoring.health.finding import Finding
from apps.monitoring.health.status import Status
from apps.resilience.breaker.state import State
from apps.resilience.breaker.view import View
from apps.resilience.pipeline.registry import breakers

OPEN = frozenset({State.OPEN, State.HALF_OPEN, State.FORCED_OPEN})


class BreakersCheck(Check):
    """An open one warns: what it stands for is done less well, or later."""

    name = "breakers"
    is_of_process = True

    def look(self) -> list[Finding]:
        """Return the state of each."""
        return [found(breaker.view()) for breaker in breakers()]


def found(view: View) -> Finding:
    """Return one breaker's finding."""
    is_open = view.state in OPEN
    output = f"{view.name} is {view.state}: {view.reason or 'as ordered'}." if is_open else ""
    return Finding(
        measurement=view.name, status=Status.WARN if is_open else Status.PASS, value=view.state, output=output
    )
