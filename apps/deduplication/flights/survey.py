"""What is in flight in all processes and what they counted, asked over the bus."""

import secrets
from dataclasses import dataclass
from threading import Condition
from typing import Any

from apps.backplane.bus import Bus, Loss
from apps.backplane.envelope import Envelope
from apps.deduplication.flights.radar import ASK, TELL, FlightRow
from apps.deduplication.flights.statistics import Statistics

ANSWER_SECONDS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """The oldest flights of every process that answered, by age; and what each counted, by its name and by scope."""

    rows: list[FlightRow]
    processes: dict[str, dict[str, Statistics]]

    def of(self, scope: str) -> dict[str, Statistics]:
        """Return what each process counted of a scope, by its name."""
        return {origin: counted[scope] for origin, counted in self.processes.items() if scope in counted}

    def total(self, scope: str) -> Statistics:
        """Return what all of them counted together."""
        return Statistics.total(self.of(scope).values())


def survey(bus: Bus, *, wait_seconds: float = ANSWER_SECONDS) -> Survey:
    """Ask every process. Blocks until all have answered, or for the wait."""
    question, heard = secrets.token_hex(8), Condition()
    answers: dict[str, dict[str, Any]] = {}

    def hear(envelope: Envelope) -> None:
        if envelope.payload["question"] == question:
            with heard:
                answers[envelope.origin] = envelope.payload
                heard.notify()

    stop = bus.subscribe(TELL, hear, _ignore)
    try:
        wanted = len(bus.status().peers) + 1
        bus.publish(ASK, question)
        with heard:
            heard.wait_for(lambda: len(answers) >= wanted, wait_seconds)
            return _made(answers)
    finally:
        stop()


def _made(answers: dict[str, dict[str, Any]]) -> Survey:
    rows = [FlightRow(**row) for answer in answers.values() for row in answer["rows"]]
    counted = {
        origin: {name: Statistics.told(**one) for name, one in answer["scopes"].items()}
        for origin, answer in sorted(answers.items())
    }
    return Survey(rows=sorted(rows, key=lambda row: (-row.age_seconds, row.digest)), processes=counted)


def _ignore(_: Loss) -> None:
    """Do nothing: who asks asks again."""
