"""A process's answer to whoever asks what it has in flight and counted; and the order to take a lead away."""

import time
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING

from django.db import transaction

from apps.backplane.bus import Bus, Loss
from apps.backplane.envelope import Envelope
from apps.deduplication.flights.aloft import Aloft
from apps.deduplication.flights.scope import scopes
from apps.deduplication.flights.statistics import Statistics
from apps.deduplication.flights.table import Table
from apps.tuning.actor import Actor
from apps.tuning.audit import record

if TYPE_CHECKING:
    from collections.abc import Callable

ASK, TELL, REVOKE = "flights.ask", "flights.tell", "flights.revoke"
ROWS_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class FlightRow:
    """A flight as one process knows it. `round` names the lead, which `is_leader` says this process has."""

    origin: str
    digest: str
    scope: str
    state: str
    round: str
    is_leader: bool
    waiters: int
    age_seconds: float


class Radar:
    """Tells the process's flights and counters to whoever asks, and obeys when a lead is revoked."""

    def __init__(self, table: Table, bus: Bus) -> None:
        self._table, self._bus = table, bus
        self._origin = bus.status().origin
        self._stops: list[Callable[[], None]] = []

    def start(self) -> None:
        """Begin to hear; does not block."""
        self._stops = [
            self._bus.subscribe(ASK, self._tell, _ignore),
            self._bus.subscribe(REVOKE, self._obey, _ignore),
        ]

    def stop(self) -> None:
        """Hear no more."""
        for stop in self._stops:
            stop()

    def _tell(self, envelope: Envelope) -> None:
        oldest = sorted(self._table.aloft(), key=lambda aloft: aloft.since)[:ROWS_MAX]
        rows = [asdict(self._row(aloft)) for aloft in oldest]
        counted = {scope.name: asdict(Statistics.of(scope)) for scope in scopes()}
        self._bus.publish(TELL, {"question": envelope.payload, "rows": rows, "scopes": counted})

    def _obey(self, envelope: Envelope) -> None:
        """Revoke in the table's own thread: the bus waits for nobody."""
        digest, token = envelope.payload
        self._table.put(partial(self._table.revoke, digest, token))

    def _row(self, aloft: Aloft) -> FlightRow:
        flight = aloft.flight
        return FlightRow(
            origin=self._origin,
            digest=aloft.place.digest,
            scope=aloft.scope.name,
            state=flight.state.value,
            round=flight.round,
            is_leader=flight.is_leading,
            waiters=max(0, len(flight.callers) - flight.is_leading),
            age_seconds=round(time.monotonic() - aloft.since, 1),
        )


def revoke_flight(*, bus: Bus, digest: str, token: str, actor: Actor, reason: str, request_id: str = "") -> None:
    """Have the leader of a round lose its lead, audited; those who wait begin anew. Raises PolicyError for the reason.

    The work itself goes on, for Python stops no thread; its result is its own caller's alone.
    """
    with transaction.atomic():
        record(
            actor=actor,
            action="flight.revoked",
            target=f"flight:{digest}",
            before={"round": token},
            after=None,
            reason=reason,
            request_id=request_id,
        )
        transaction.on_commit(lambda: bus.publish(REVOKE, [digest, token]))


def _ignore(_: Loss) -> None:
    """Do nothing: who asks or orders does so again."""
