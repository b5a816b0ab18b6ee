"""The states a breaker shows, and the record of a passage from one to another."""

from dataclasses import dataclass
from enum import StrEnum

from apps.resilience.breaker.rules import Mode


class State(StrEnum):
    """The first three are the machine's own; the others are laid over them."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"
    FORCED_OPEN = "forced-open"
    DISABLED = "disabled"
    METRICS_ONLY = "metrics-only"


OVERLAYS = {
    Mode.FORCED_OPEN: State.FORCED_OPEN,
    Mode.DISABLED: State.DISABLED,
    Mode.METRICS_ONLY: State.METRICS_ONLY,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """A breaker went from one state to another."""

    old: State
    new: State
    reason: str
    at: float
