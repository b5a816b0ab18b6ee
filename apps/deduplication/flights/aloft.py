"""A flight on the table, with what the engine must know about it."""

from dataclasses import dataclass
from typing import Protocol

from apps.deduplication.audit.execution import Execution
from apps.deduplication.flights.callers import Caller
from apps.deduplication.flights.flight import Flight
from apps.deduplication.flights.log import Log
from apps.deduplication.flights.policy import FlightPolicy
from apps.deduplication.flights.store import Place
from apps.deduplication.flights.tally import Tally


class Scope(Protocol):
    """What the table must know of a scope. `size` is how many flights it has on the table."""

    name: str
    tally: Tally
    size: int


@dataclass(slots=True, eq=False)
class Aloft:
    """One entry of the table."""

    scope: Scope
    place: Place
    flight: Flight[Caller]
    policy: FlightPolicy
    since: float
    renewed_at: float = 0.0
    execution: Execution | None = None
    log: Log | None = None

    @property
    def tally(self) -> Tally:
        """The counters of its scope."""
        return self.scope.tally
