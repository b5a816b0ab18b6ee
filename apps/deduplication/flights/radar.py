"""What is in flight in all processes, asked over the bus; and the order to take a lead away."""

import secrets
import time
from dataclasses import asdict, dataclass
from functools import partial
from threading import Condition
from typing import TYPE_CHECKING, Any

from django.db import transaction

from apps.backplane.bus import Bus, Loss
from apps.backplane.envelope import Envelope
from apps.deduplication.flights.aloft import Aloft
from apps.deduplication.flights.table import Table
from apps.tuning.actor import Actor
from apps.tuning.audit import record

if TYPE_CHECKING:
    from collections.abc import Callable

ASK, TELL, REVOKE = "flights.ask", "flights.tell", "flights.revoke"
ROWS_MAX = 200
ANSWER_SECONDS = 0.5


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
    """A process's part in it: tells its flights to whoever asks, and obeys when a lead is revoked."""

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
        self._bus.publish(TELL, {"question": envelope.payload, "rows": rows})

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


def flights_everywhere(bus: Bus, *, wait_seconds: float = ANSWER_SECONDS) -> list[FlightRow]:
    """Return the oldest flights of every process that answers, by age. Blocks until all have, or for the wait."""
    question, heard = secrets.token_hex(8), Condition()
    answers: list[list[dict[str, Any]]] = []

    def hear(envelope: Envelope) -> None:
        if envelope.payload["question"] == question:
            with heard:
                answers.append(envelope.payload["rows"])
                heard.notify()

    stop = bus.subscribe(TELL, hear, _ignore)
    try:
        wanted = len(bus.status().peers) + 1
        bus.publish(ASK, question)
        with heard:
            heard.wait_for(lambda: len(answers) >= wanted, wait_seconds)
            rows = [FlightRow(**row) for found in answers for row in found]
    finally:
        stop()
    return sorted(rows, key=lambda row: (-row.age_seconds, row.digest))


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
    """Do nothing: who asks asks again."""
