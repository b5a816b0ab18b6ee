"""The flight recorder: what the auditor is told of the executions of a table, and what excuses them."""

from collections.abc import Callable

from apps.deduplication.audit.execution import Execution
from apps.deduplication.audit.ring import Ring
from apps.deduplication.flights.aloft import Aloft
from apps.deduplication.flights.flight import State
from apps.deduplication.flights.guarantee import Guarantee
from apps.deduplication.flights.store import Place


class Recorder:
    """Of one table. It notes around the work itself, whatever the flight believes."""

    def __init__(self, ring: Ring, guarantee: Guarantee) -> None:
        self._ring, self._guarantee = ring, guarantee

    def begin(self, aloft: Aloft) -> tuple[Execution, int]:
        """Note that work begins; return its execution and how often the guarantee was lost until now, for `end`."""
        place, guarantee = aloft.place, self._guarantee
        execution = Execution(place.scope, place.digest, aloft.flight.token, guarantee.is_lost)
        aloft.execution = self._ring.begin(execution)
        if aloft.flight.state is State.ASTRAY:
            execution.let_go()
        return execution, guarantee.losses

    def end(self, execution: Execution, losses: int) -> None:
        """Note that it has ended, and whether the guarantee was lost meanwhile."""
        self._ring.end(execution, is_alone=self._guarantee.losses != losses)

    def lost_lease(self, aloft: Aloft, now: float) -> None:
        """Note a lease that was lost. Before its time only the store can lose it, or somebody ends it: as declared."""
        if aloft.execution is not None and now - aloft.renewed_at < aloft.policy.lease_seconds:
            aloft.execution.is_alone = True

    def ended_on_purpose(self, place: Place, end: Callable[[], bool]) -> None:
        """End a round, and note when, if there was one: its leader may hear of it later than its successor."""
        mark = Execution(place.scope, place.digest, "", is_alone=False)
        if end():
            self._ring.mark(mark)
