"""Deduplication: who ran the work, who got another's result, how long that took, and whether anything ran twice."""

from typing import Any

from apps.deduplication.flights.scope import Scope, scopes
from apps.deduplication.flights.tally import WAIT_BOUNDS_SECONDS, Tally
from apps.deduplication.http.unshareable import unshareable
from apps.deduplication.idempotency.statistics import counters
from apps.deduplication.signals import duplicate_found, guarantee_lost, guarantee_restored
from apps.monitoring.measuring.board import Board
from apps.monitoring.measuring.metric import Merge, counter, distribution, gauge
from apps.monitoring.measuring.mirror import mirrored_by
from apps.monitoring.policy.recorders import FLIGHTS
from apps.monitoring.recorders.recorder import Recorder

REQUESTS = counter(
    "deduplication_requests_total",
    "Calls by what they were: leader, waiter, replay; timeout; unshared, run for itself alone.",
    "scope", "role",
)  # fmt: skip
DUPLICATES = counter(
    "deduplication_duplicate_executions_total", "Executions beside another of their key that nothing declared: 0."
)
WAITS = distribution("deduplication_wait_seconds", "How long those waited who were given another's result.")
ALOFT = gauge("deduplication_flights", "Flights that are known in this process.", "scope")
LOST = counter("deduplication_lease_losses_total", "Leads lost before their end.", "scope")
OVERFLOWS = counter("deduplication_overflows_total", "Calls that found the table full and ran alone.", "scope")
UNSHAREABLE = counter("deduplication_unshareable_total", "Answers that could not be shared, by why.", "reason")
ALONE = gauge(
    "deduplication_guarantee_lost", "1 while work runs once in each process instead of once in all.", merge=Merge.MAX
)
KEYS = "idempotency"  # the scope of requests with a key


class FlightRecorder(Recorder[int]):
    """Looks at the counters of the scopes, and hears of duplicates."""

    name = "flights"
    policy = FLIGHTS

    def __init__(self) -> None:
        super().__init__()
        self._is_alone = False

    def listen(self) -> None:
        """Hear of executions that the auditor condemned, and of what is guaranteed."""
        duplicate_found.connect(self._found)
        guarantee_lost.connect(self._lost)
        guarantee_restored.connect(self._restored)

    def deafen(self) -> None:
        """Hear of them no more."""
        duplicate_found.disconnect(self._found)
        guarantee_lost.disconnect(self._lost)
        guarantee_restored.disconnect(self._restored)

    def fold(self, board: Board, samples: list[int]) -> None:
        """Count duplicates."""
        board.add(DUPLICATES, (), sum(samples))

    def read(self, board: Board) -> None:
        """Put the scopes on the board, and what concerns all of them."""
        board.add(DUPLICATES, (), 0)
        watched = [scope for scope in scopes() if not self.rules.is_ignored(scope.name)]
        for scope in watched:
            _tell(board, scope)
        whole = Tally()
        for scope in watched:
            whole.add(scope.tally)
        board.mirror(WAITS, (), mirrored_by(WAIT_BOUNDS_SECONDS, whole.wait_counts, whole.wait_seconds))
        for reason, times in dict(unshareable).items():
            board.put(UNSHAREABLE, (reason,), times)
        roles = {"leader": counters.stored, "replay": counters.replays}
        refused = {"conflict": counters.conflicts, "mismatch": counters.mismatches}
        for role, times in (roles | refused).items():
            board.put(REQUESTS, (KEYS, role), times)
        board.put(ALONE, (), self._is_alone)

    def _found(self, *, count: int, **_: Any) -> None:
        self.take(count)

    def _lost(self, **_: Any) -> None:
        self._is_alone = True

    def _restored(self, **_: Any) -> None:
        self._is_alone = False


def _tell(board: Board, scope: Scope) -> None:
    name, tally = scope.name, scope.tally
    roles = {
        "leader": tally.leaders,
        "waiter": tally.waiters,
        "replay": tally.replays,
        "timeout": tally.timeouts,
        "unshared": tally.unshared,
    }
    for role, times in roles.items():
        board.put(REQUESTS, (name, role), times)
    board.put(ALOFT, (name,), scope.size)
    board.put(LOST, (name,), tally.lease_losses)
    board.put(OVERFLOWS, (name,), tally.overflows)
