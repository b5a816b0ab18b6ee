"""Processes that share one key and one store, without threads: what happens when is the test's to choose."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from apps.deduplication.flights.decisions import Again, Cancel, Claim, Drop, Publish, Release, Renew, Settle, Start
from apps.deduplication.flights.flight import Flight, State
from apps.deduplication.flights.memory import MemoryStore
from apps.deduplication.flights.outcome import Kind, Outcome
from apps.deduplication.flights.store import Place

LEASE = 2.0
PLACE = Place(scope="test", digest="d", lease_seconds=LEASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """A policy as far as the state machine reads it."""

    lease_seconds: float
    deadline_seconds: float
    result_window_seconds: float
    is_cancelled_when_left: bool


@dataclass(eq=False)
class Guest:
    """A caller: what it was given, and what must be true of that."""

    process: "Process"
    joined_at: int
    flight: "Flight[Guest] | None" = None
    given: list[Outcome] = field(default_factory=list)
    has_left: bool = False


@dataclass(eq=False)
class Running:
    """An execution under way."""

    flight: "Flight[Guest]"
    process: "Process"
    pilot: Guest
    began: int
    is_cancelled: bool = False
    is_forgotten: bool = False

    @property
    def is_let_go(self) -> bool:
        return self.is_forgotten or self.flight.state is State.ASTRAY


class Fleet:
    """The world: a virtual clock, a store, processes, and everything that is under way between them."""

    def __init__(self, *, window: float = 0.0, deadline: float = 20.0, cancels: bool = True) -> None:
        self.now = 0.0
        self.moments = count(1)
        self.terms = Terms(
            lease_seconds=LEASE, deadline_seconds=deadline, result_window_seconds=window, is_cancelled_when_left=cancels
        )
        self.place = Place(scope="test", digest="d", lease_seconds=LEASE, window_seconds=window)
        self.store = MemoryStore(lambda: self.now)
        self.tokens = (f"t{number}" for number in count(1))
        self.running: list[Running] = []
        self.guests: list[Guest] = []
        self.wakes: deque[Callable[[], None]] = deque()
        self.values: dict[bytes, tuple[int, int]] = {}
        self.processes = [Process(self) for _ in range(3)]

    def crash(self, number: int) -> None:
        """Kill -9: everything of the process is gone, and nobody is told."""
        gone = self.processes[number]
        gone.is_alive = False
        self.running = [one for one in self.running if one.process is not gone]
        self.guests = [guest for guest in self.guests if guest.process is not gone]
        self.processes[number] = Process(self)

    def advance(self, seconds: float) -> None:
        """Let time pass in steps that no heartbeat misses."""
        while seconds > 0:
            step = min(seconds, LEASE / 8)
            self.now += step
            seconds -= step
            for process in self.processes:
                process.tick()

    def forget(self) -> None:
        """End the round at the store: whoever leads it leads no more, though it may not know yet."""
        if self.store.forget(self.place):
            for one in self.running:
                one.is_forgotten = True

    def cancel(self, flight: Flight[Guest]) -> None:
        """Tell the work of a flight to stop; it does so when it ends."""
        for one in self.running:
            one.is_cancelled = one.is_cancelled or one.flight is flight

    def finish(self, one: Running, kind: Kind) -> None:
        """End an execution."""
        self.running.remove(one)
        value = f"v{one.began}".encode()
        self.values[value] = (one.began, next(self.moments))
        error = ValueError("test") if kind is Kind.ERROR else None
        one.process.perform(one.flight, one.flight.worked(Outcome(kind, value, error), self.now))


class Process:
    """One process: its table of one key, its errands to the store, in order."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet, self.is_alive = fleet, True
        self.flight: Flight[Guest] | None = None
        self.astray: list[Flight[Guest]] = []
        self.errands: deque[Callable[[], None]] = deque()
        fleet.store.listen(
            lambda _: fleet.wakes.append(self.hear),
            lambda _: fleet.wakes.append(self.hear_of_forgetting),
            lambda _: None,
        )

    def join(self, guest: Guest) -> None:
        """Board, as the table does."""
        if self.flight is None:
            self.flight = Flight(self.fleet.terms, new_token=lambda: next(self.fleet.tokens))
        guest.flight = flight = self.flight
        self.perform(flight, flight.join(guest, self.fleet.now))

    def leave(self, guest: Guest) -> None:
        """Leave, as a cancelled caller does."""
        assert guest.flight is not None
        guest.has_left = True
        self.perform(guest.flight, guest.flight.leave(guest))

    def hear(self) -> None:
        """A round has ended elsewhere."""
        if self.flight is not None and self.is_alive:
            self.perform(self.flight, self.flight.heard())

    def hear_of_forgetting(self) -> None:
        """A round was ended on purpose elsewhere."""
        if self.flight is not None and self.is_alive:
            self.perform(self.flight, self.flight.forget())

    def forget(self) -> None:
        """Forget the key, as the table does."""
        self.hear_of_forgetting()
        self.fleet.forget()
        self.hear_of_forgetting()

    def revoke(self) -> None:
        """Revoke the flight, as the table does."""
        self.fleet.forget()
        if self.flight is not None:
            self.perform(self.flight, self.flight.revoke())

    def tick(self) -> None:
        """Do what is due; renewals are never late here."""
        if self.flight is not None:
            self.perform(self.flight, self.flight.tick(self.fleet.now))

    def perform(self, flight: Flight[Guest], decisions: Any) -> None:
        """Do what was decided; whatever goes to the store waits in line."""
        for decision in decisions:
            match decision:
                case Drop():
                    self.flight = None if self.flight is flight else self.flight
                case Settle():
                    _each(decision.callers, lambda guest, given=decision.outcome: guest.given.append(given))
                case Again():
                    _each(decision.callers, self.join)
                case Start():
                    began = next(self.fleet.moments)
                    self.fleet.running.append(Running(flight, self, decision.pilot, began))
                case Cancel():
                    self.fleet.cancel(flight)
                case Renew():
                    self.ask(flight, decision)
                case _:
                    self.errands.append(lambda decision=decision: self.ask(flight, decision))

    def ask(self, flight: Flight[Guest], decision: Any) -> None:
        """Go to the store."""
        store, place = self.fleet.store, self.fleet.place
        match decision:
            case Claim():
                answer = store.claim(place, token=decision.token, seen=decision.seen)
                self.perform(flight, flight.claimed(answer, self.fleet.now))
            case Renew():
                self.perform(flight, flight.renewed(is_ours=store.renew(place, decision.token)))
            case Publish():
                store.publish(place, decision.token, decision.outcome)
                self.perform(flight, flight.published())
            case Release():
                store.release(place, decision.token)
                self.perform(flight, flight.published())


def _each(guests: tuple[Guest, ...], tell: Callable[[Guest], None]) -> None:
    for guest in guests:
        tell(guest)
