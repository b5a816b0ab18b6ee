"""What a breaker goes by. Frozen: a change is a new object, and the breaker keeps its window and state."""

from dataclasses import dataclass
from enum import StrEnum


class Mode(StrEnum):
    """What staff have laid over the breaker's own state."""

    AUTOMATIC = "automatic"
    FORCED_OPEN = "forced-open"
    DISABLED = "disabled"
    METRICS_ONLY = "metrics-only"


class Judge(StrEnum):
    """Whether thresholds are set by staff, or learned from how the dependency usually is."""

    CLASSIC = "classic"
    ADAPTIVE = "adaptive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Rates are shares between 0 and 1; 0 switches a rule off, and so does 0 for failures in a row."""

    mode: Mode = Mode.AUTOMATIC
    judge: Judge = Judge.CLASSIC
    window_calls: int = 100
    window_seconds: float = 0.0  # above 0 the window goes by time, not by count
    minimum_calls: int = 10
    failure_rate: float = 0.5
    slow_seconds: float = 5.0
    slow_rate: float = 0.8
    failures_in_a_row: int = 5
    recovery_seconds: float = 60.0
    recovery_jitter: float = 0.1
    recovery_growth: float = 2.0
    recovery_limit_seconds: float = 600.0
    probes: int = 1
    probe_seconds: float = 60.0
    successes_to_close: int = 1

    def pause_seconds(self, *, openings: int, chance: float) -> float:
        """Return how long the breaker stays open at its nth opening without a recovery; `chance` is in [0, 1)."""
        grown = self.recovery_seconds * self.recovery_growth ** min(openings - 1, 64)
        return min(grown, max(self.recovery_limit_seconds, self.recovery_seconds)) * (1 + self.recovery_jitter * chance)
