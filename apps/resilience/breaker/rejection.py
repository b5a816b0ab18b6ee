"""Why calls are rejected: made once per opening, shared by all errors of that time."""

from dataclasses import dataclass

from apps.resilience.breaker.state import State

FORCED_RETRY_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """What a CircuitOpenError carries."""

    name: str
    state: State
    reason: str
    until: float

    def remaining_seconds(self, now: float) -> float:
        """Return the seconds until a probe is due; a guess for a state that staff ends."""
        if self.state is State.FORCED_OPEN:
            return FORCED_RETRY_SECONDS
        return max(1.0, self.until - now)

    def text(self, now: float) -> str:
        """Return it in words."""
        return f"{self.name} is {self.state}: {self.reason}. Next try in {self.remaining_seconds(now):.0f} s."
