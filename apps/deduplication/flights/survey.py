"""What is in flight in all processes and what they counted, asked over the bus."""

from dataclasses import dataclass
from typing import Any

from apps.backplane.bus import Bus
from apps.backplane.census import ANSWER_SECONDS, answers
from apps.deduplication.flights.radar import ASK, TELL, FlightRow
from apps.deduplication.flights.statistics import Statistics


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
    return _made(answers(bus, ask=ASK, tell=TELL, wait_seconds=wait_seconds))


def _made(found: dict[str, dict[str, Any]]) -> Survey:
    rows = [FlightRow(**row) for answer in found.values() for row in answer["rows"]]
    counted = {
        origin: {name: Statistics.told(**one) for name, one in answer["scopes"].items()}
        for origin, answer in sorted(found.items())
    }
    return Survey(rows=sorted(rows, key=lambda row: (-row.age_seconds, row.digest)), processes=counted)
