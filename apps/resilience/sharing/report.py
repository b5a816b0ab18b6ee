"""What a process tells the store of a breaker, and what the store rules."""

from dataclasses import dataclass
from typing import Any, Protocol

from apps.resilience.breaker.state import State


class StoreError(Exception):
    """The store does not answer; local state goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A process's side: the decision of the fleet it follows, its own evidence, what its probes brought."""

    name: str
    origin: str
    stamp: int
    state: State
    remaining_seconds: float
    openings: int
    reason: str
    is_tripped: bool
    calls: int
    failures: int
    slow: int
    wanted: int
    settled: tuple[tuple[str, bool | None], ...]
    pause_factor: float
    rules: dict[str, float]
    view: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """The fleet's side. `is_new` says that this exchange made the decision: others must be told."""

    name: str
    stamp: int
    state: State
    remaining_seconds: float
    openings: int
    reason: str
    granted: tuple[str, ...]
    permit_seconds: float
    is_new: bool


class Store(Protocol):
    """Where the fleet's state is."""

    def exchange(self, reports: list[Report]) -> list[Ruling]:
        """Return a ruling for each report, in their order; raise StoreError. Blocks for a second or two at most."""
        ...
