"""A storage written for pybreaker as our store: read and written beside the path of calls, never in it.

Such a storage knows states and counters, no permits: probes are counted per process, and one process's opening is
everybody's, as with pybreaker.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count

from pybreaker import CircuitBreakerStorage

from apps.resilience.breaker.state import State
from apps.resilience.sharing.report import Report, Ruling, StoreError


class PybreakerStore:
    """The store of one breaker. One per process: it counts the changes it sees."""

    def __init__(
        self, storage: CircuitBreakerStorage, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._storage, self._clock = storage, clock
        self._stamp, self._seen = 0, State.CLOSED
        self._numbers = count(1)

    def exchange(self, reports: list[Report]) -> list[Ruling]:
        """Return the storage's state as the ruling; raise StoreError where the storage raises."""
        try:
            return [self._exchanged(report) for report in reports]
        except Exception as error:  # storages raise what their client raises; all of it means that there is no store
            raise StoreError(str(error)) from error

    def _exchanged(self, report: Report) -> Ruling:
        if report.stamp > self._stamp:
            self._stamp, self._seen = report.stamp, report.state
            self._store(report.state)
        self._judge(report)
        state = State(self._storage.state)
        remaining = self._remaining_seconds(report) if state is State.OPEN else 0.0
        if state is State.OPEN and report.wanted and not remaining:
            state = self._store(State.HALF_OPEN)
        if state is not self._seen:
            self._stamp, self._seen = self._stamp + 1, state
        return self._ruling(report, state, remaining)

    def _judge(self, report: Report) -> None:
        if report.is_tripped and self._storage.state == State.CLOSED:
            self._store(State.OPEN)
        for _, is_good in report.settled:
            if is_good is False:
                self._store(State.OPEN)
            elif is_good:
                self._storage.increment_success_counter()
                if self._storage.success_counter >= report.rules["quota"]:
                    self._store(State.CLOSED)

    def _store(self, state: State) -> State:
        if state is State.OPEN:
            self._storage.opened_at = self._clock()
        self._storage.reset_success_counter()
        self._storage.state = state.value
        return state

    def _remaining_seconds(self, report: Report) -> float:
        opened_at = self._storage.opened_at or self._clock()
        since = (self._clock().replace(tzinfo=None) - opened_at.replace(tzinfo=None)).total_seconds()
        return max(0.0, report.rules["recovery_ms"] / 1000 - since)

    def _ruling(self, report: Report, state: State, remaining: float) -> Ruling:
        wanted = report.wanted if state is State.HALF_OPEN else 0
        return Ruling(
            name=report.name,
            stamp=self._stamp,
            state=state,
            remaining_seconds=remaining,
            openings=1,
            reason="the storage says so",
            granted=tuple(str(next(self._numbers)) for _ in range(wanted)),
            permit_seconds=report.rules["probe_ms"] / 1000,
            is_new=False,
        )
