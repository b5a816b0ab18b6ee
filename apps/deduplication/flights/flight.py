"""One flight of one process as a state machine: a clock and events in, decisions out. No I/O, no lock.

Rounds have no numbers: the token of a lease is the name of its round, and the fence of its publication.
"""

from collections.abc import Callable, Hashable
from enum import Enum
from typing import Generic, Protocol, TypeVar

from apps.deduplication.flights.decisions import (
    Again,
    Answer,
    Busy,
    Cancel,
    Claim,
    Decision,
    Drop,
    Led,
    Publish,
    Release,
    Renew,
    Settle,
    Start,
)
from apps.deduplication.flights.outcome import Outcome

C = TypeVar("C", bound=Hashable)
Decisions = tuple[Decision[C], ...]
RENEWALS_PER_LEASE = 4
NEVER = float("inf")


class State(Enum):
    """Where a flight is."""

    CLAIMING = "claiming"  # the store is being asked
    WAITING = "waiting"  # another process leads
    LEADING = "leading"  # the work of a caller of ours runs
    LANDING = "landing"  # the store is being told; who comes now waits for that and begins anew
    LANDED = "landed"  # the result is kept for a while
    ASTRAY = "astray"  # the work still runs, but the lead is not ours any more
    ENDED = "ended"


class Terms(Protocol):
    """What the policy said when the flight began."""

    @property
    def lease_seconds(self) -> float:
        """How long a lead lasts unless it is renewed."""

    @property
    def deadline_seconds(self) -> float:
        """How long work may lead."""

    @property
    def result_window_seconds(self) -> float:
        """How long a result is for those who come later."""

    @property
    def is_cancelled_when_left(self) -> bool:
        """Whether work ends with the last who waits for it."""


class Flight(Generic[C]):
    """Callers join and leave; at most one of them, the pilot, runs its work."""

    def __init__(self, terms: Terms, *, new_token: Callable[[], str]) -> None:
        self._terms, self._new_token = terms, new_token
        self.state = State.CLAIMING
        self.callers: dict[C, None] = {}
        self.pilot: C | None = None
        self.token = ""
        self._seen = ""
        self._is_woken = self._is_forgotten = self._is_cancelled = False
        self._landed: Outcome | None = None
        self._due = self._deadline = NEVER

    @property
    def due(self) -> float:
        """When the next tick is needed."""
        return min(self._due, self._deadline)

    @property
    def is_leading(self) -> bool:
        """Whether the work of one of our callers runs under our lead."""
        return self.state is State.LEADING

    @property
    def round(self) -> str:
        """The round that is led or waited for; empty while that is being asked."""
        return self.seen if self.pilot is None else self.token

    @property
    def seen(self) -> str:
        """The round of another process that was waited for last."""
        return self._seen

    def join(self, caller: C, now: float) -> Decisions[C]:
        """Take a caller; the first one has the flight claim its key. A kept result is given at once."""
        if self._landed is not None and (self.state is State.LANDING or now < self._due):
            return (Settle((caller,), self._landed),)
        if self.state is State.LANDED:
            return (*self._end(), Again((caller,)))
        self.callers[caller] = None
        return () if self.token else self._claim()

    def leave(self, caller: C) -> Decisions[C]:
        """Let a caller go that was cancelled or waited too long; the last one to go may end the work."""
        self.callers.pop(caller, None)
        if self.callers:
            return ()
        if self.state is State.WAITING:
            return self._end()
        is_needless = self.pilot is not None and self._terms.is_cancelled_when_left and not self._is_cancelled
        if self.state is State.LEADING and is_needless:
            self._is_cancelled = True
            return (Cancel(self.pilot),)  # type: ignore[arg-type]  # is not None, as just asked
        return ()

    def claimed(self, answer: Answer, now: float) -> Decisions[C]:
        """Take the store's answer to the claim."""
        if self._is_forgotten:
            self._is_forgotten = False
            release = (Release(self.token),) if isinstance(answer, Led) else ()
            return (*release, *self._claim())
        if isinstance(answer, Led):
            return self._lead(now)
        if isinstance(answer, Busy):
            return self._wait(answer, now)
        self._seen = answer.token
        return (Settle(self._all(), answer.outcome), *self._end())

    def progressed(self, now: float) -> Decisions[C]:
        """Take a sign of life from work that comes in pieces: its deadline is for the next one."""
        if self.state is State.LEADING:
            self._deadline = now + self._terms.deadline_seconds
        return ()

    def worked(self, outcome: Outcome, now: float) -> Decisions[C]:
        """Take what the pilot's work came to. Others get it if it may be shared and the lead is still ours."""
        if self.state is State.ASTRAY:
            return self._stray(outcome)
        self.state, self._deadline = State.LANDING, NEVER
        if not outcome.is_shared:
            return (*self._settle_pilot(outcome), Release(self.token))
        if self._terms.result_window_seconds:
            self._landed, self._due = outcome, now + self._terms.result_window_seconds
        else:
            self._due = NEVER
        return (Settle(self._all(), outcome), Publish(self.token, outcome))

    def published(self) -> Decisions[C]:
        """Go on once the store knows: those who came meanwhile begin anew."""
        if self.state is not State.LANDING:
            return ()
        if self._landed is None:
            return (*self._end(), *self._again())
        self.state = State.LANDED
        return ()

    def renewed(self, *, is_ours: bool) -> Decisions[C]:
        """Take the store's answer to a renewal: a lead that another has taken is lost."""
        return () if is_ours or self.state is not State.LEADING else self._stray_off()

    def grounded(self) -> Decisions[C]:
        """Give the lead back when the pilot cannot start, for its event loop has ended; the others begin anew.

        None of them takes its place: the round may have been forgotten meanwhile without our having heard of it.
        """
        self.callers.pop(self.pilot, None)  # type: ignore[arg-type]  # a None would not be there
        if self.state is State.ASTRAY:
            return self._stray(Outcome.lost())
        return self._give_back()

    def heard(self) -> Decisions[C]:
        """Ask the store anew: the round waited for may have ended."""
        if self.state is State.WAITING:
            return self._claim()
        self._is_woken = self.state is State.CLAIMING
        return ()

    def forget(self) -> Decisions[C]:
        """Let nobody join what began before now. Who waits here already still gets it."""
        if self.state is State.LEADING:
            self._go_astray()
            return (Drop(),)
        self._seen, self._landed = "", None
        if self.state is State.LANDED:
            return self._end()
        if self.state is State.WAITING:
            return self._claim()
        self._is_forgotten = self.state is State.CLAIMING
        return ()

    def revoke(self) -> Decisions[C]:
        """Take the lead away: those who wait begin anew, and the late result is nobody's but its pilot's."""
        return self._stray_off() if self.state in {State.LEADING, State.ASTRAY} else self.forget()

    def tick(self, now: float) -> Decisions[C]:
        """Do what is due: renew, ask again, give up the lead at the deadline, drop what was kept."""
        if now < self.due:
            return ()
        if self.state is State.WAITING:
            return self._claim()
        if self.state is State.LANDED:
            return self._end()
        if self.state is State.LEADING and now >= self._deadline:
            return (Release(self.token), *self._stray_off())
        if self.state is State.LEADING:
            self._due = now + self._terms.lease_seconds / RENEWALS_PER_LEASE
            return (Renew(self.token),)
        return ()

    def _claim(self) -> Decisions[C]:
        self.state, self._due, self._is_woken = State.CLAIMING, NEVER, False
        self.token = self._new_token()
        return (Claim(self.token, self._seen),)

    def _lead(self, now: float) -> Decisions[C]:
        if not self.callers:
            return self._give_back()
        self._due = now + self._terms.lease_seconds / RENEWALS_PER_LEASE
        self._deadline = now + self._terms.deadline_seconds
        self.state, self.pilot = State.LEADING, next(iter(self.callers))
        return (Start(self.pilot),)

    def _give_back(self) -> Decisions[C]:
        self.state, self.pilot, self._due, self._deadline = State.LANDING, None, NEVER, NEVER
        return (Release(self.token),)

    def _wait(self, answer: Busy, now: float) -> Decisions[C]:
        if not self.callers:
            return self._end()
        self._seen = answer.token
        if self._is_woken:
            return self._claim()
        self.state, self._due = State.WAITING, now + answer.remaining_seconds
        return ()

    def _stray_off(self) -> Decisions[C]:
        """Lose the lead: the pilot goes on alone, the others begin anew."""
        self._go_astray()
        others = tuple(caller for caller in self.callers if caller != self.pilot)
        for caller in others:
            del self.callers[caller]
        return (Drop(), Again(others))

    def _go_astray(self) -> None:
        self.state, self._due, self._deadline = State.ASTRAY, NEVER, NEVER

    def _stray(self, outcome: Outcome) -> Decisions[C]:
        self.state = State.ENDED
        if outcome.is_shared:
            return (Settle(self._all(), outcome),)
        return (*self._settle_pilot(outcome), *self._again())

    def _settle_pilot(self, outcome: Outcome) -> Decisions[C]:
        if self.pilot not in self.callers:
            return ()
        del self.callers[self.pilot]
        return (Settle((self.pilot,), outcome),)

    def _all(self) -> tuple[C, ...]:
        callers, self.callers = tuple(self.callers), {}
        return callers

    def _again(self) -> Decisions[C]:
        return (Again(self._all()),) if self.callers else ()

    def _end(self) -> Decisions[C]:
        self.state, self._landed, self._due, self._deadline = State.ENDED, None, NEVER, NEVER
        return (Drop(),)
