"""What a flight asks of its engine, and what a store answers. Values only."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from apps.deduplication.flights.outcome import Outcome

C = TypeVar("C")


@dataclass(frozen=True, slots=True)
class Claim:
    """Ask the store for the lead under a new token; `seen` is the round waited for, whose result will do."""

    token: str
    seen: str


@dataclass(frozen=True, slots=True)
class Renew:
    """Tell the store that the lead is alive."""

    token: str


@dataclass(frozen=True, slots=True)
class Publish:
    """Give the result to the store and the lease back, in one step."""

    token: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Release:
    """Give the lease back without a result: whoever waits elsewhere may lead."""

    token: str


@dataclass(frozen=True, slots=True)
class Start(Generic[C]):
    """Let this caller run its work."""

    pilot: C


@dataclass(frozen=True, slots=True)
class Cancel(Generic[C]):
    """Stop the work of this caller: nobody waits for it."""

    pilot: C


@dataclass(frozen=True, slots=True)
class Settle(Generic[C]):
    """Give the callers the outcome."""

    callers: tuple[C, ...]
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Again(Generic[C]):
    """Let the callers begin anew: this flight has nothing for them."""

    callers: tuple[C, ...]


@dataclass(frozen=True, slots=True)
class Drop:
    """Take the flight off the table: whoever comes now begins another."""


Decision = Claim | Renew | Publish | Release | Start[C] | Cancel[C] | Settle[C] | Again[C] | Drop


@dataclass(frozen=True, slots=True)
class Led:
    """The lead is ours, under the token we asked with."""


@dataclass(frozen=True, slots=True)
class Busy:
    """Another leads the round `token`; unless renewed, its lease ends in so many seconds."""

    token: str
    remaining_seconds: float


@dataclass(frozen=True, slots=True)
class Result:
    """A round has ended with this."""

    outcome: Outcome
    token: str = ""


Answer = Led | Busy | Result
