"""The flights of this process: the engine around the state machine. It owns lock and clock; errands go to the store.

The lock is held while a flight decides, for microseconds; never while work runs or the store is asked.
"""

import secrets
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from functools import partial
from itertools import count
from threading import Lock

from apps.deduplication.audit.execution import Execution
from apps.deduplication.audit.ring import Ring
from apps.deduplication.flights.aloft import Aloft, Scope
from apps.deduplication.flights.callers import Caller, LoopCaller, ThreadCaller, settle
from apps.deduplication.flights.decisions import Again, Cancel, Drop, Settle, Start
from apps.deduplication.flights.deck import Deck
from apps.deduplication.flights.errands import Errands, Event
from apps.deduplication.flights.flight import Decisions, Flight, State
from apps.deduplication.flights.flown import raised, returned
from apps.deduplication.flights.guarantee import Guarantee
from apps.deduplication.flights.log import Log
from apps.deduplication.flights.outcome import Kind, Outcome
from apps.deduplication.flights.policy import FlightPolicy
from apps.deduplication.flights.recorder import Recorder
from apps.deduplication.flights.store import Place, Store

aboard: ContextVar[tuple[str, ...]] = ContextVar("aboard", default=())


class Table:
    """Callers board, leave, and are told; one of each flight flies."""

    def __init__(
        self,
        store: Store,
        *,
        guarantee: Guarantee,
        ring: Ring,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self.guarantee, self.ring = store, guarantee, ring
        self._recorder = Recorder(ring, guarantee)
        self._clock, self._new_token = clock, partial(next, _tokens())
        self._lock = Lock()
        self._flights: dict[str, Aloft] = {}
        self._deck = Deck(self.tick)
        self._errands = Errands(self, store, self._deck, self._recorder, clock)
        self.relay = self._errands.relay
        store.listen(self.heard, self.forgotten, self.grew)

    def board(
        self, scope: Scope, digest: str, policy: FlightPolicy, caller: Caller, *, is_stream: bool = False
    ) -> tuple[Aloft | None, bool]:
        """Put a caller on its flight, begun if there is none; None when the scope is full.

        Returns also whether a kept result was given. Blocks for a round trip where a thread is the first.
        """
        with self._lock:
            aloft = self._flights.get(digest)
            if aloft is None:
                if scope.size >= policy.table_size:
                    scope.tally.overflowed()
                    return None, False
                aloft = self._begin(scope, digest, policy)
            if is_stream and aloft.log is None:
                aloft.log = Log()
            decisions = aloft.flight.join(caller, self._clock())
            self._note(aloft, decisions)
        self._deck.wake()
        self._perform(aloft, decisions, is_here=isinstance(caller, ThreadCaller))
        return aloft, bool(decisions) and isinstance(decisions[0], Settle)

    def leave(self, aloft: Aloft, caller: Caller) -> bool:
        """Take a caller off; False when it is too late: its outcome is decided, or its work runs."""
        with self._lock:
            if caller not in aloft.flight.callers or caller is aloft.flight.pilot:
                return False
            decisions = aloft.flight.leave(caller)
            self._note(aloft, decisions)
        self._perform(aloft, decisions, is_here=False)
        return True

    def abandon(self, aloft: Aloft, caller: Caller) -> None:
        """Take a caller off that was cancelled, pilot or not."""
        self.feed(aloft, lambda _: aloft.flight.leave(caller))

    def fly(self, aloft: Aloft, caller: ThreadCaller) -> bytes:
        """Run a thread's work, tell the flight, return or raise what it came to."""
        outcome = Outcome.lost()
        execution, losses = self._recorder.begin(aloft)
        before = aboard.set((*aboard.get(), aloft.place.digest))
        try:
            outcome = returned(caller.work(), aloft.policy)
        except Exception as error:  # noqa: BLE001  (it is the outcome: raised below, and by whoever waits)
            outcome = raised(error, aloft.policy)
        finally:
            aboard.reset(before)
            self._land(aloft, execution, losses, outcome)
        return outcome.result()

    async def fly_in_loop(self, aloft: Aloft, caller: LoopCaller) -> None:
        """Run a coroutine's work in its own task and tell the flight. What is torn down is nobody's outcome."""
        caller.has_begun = True
        outcome = Outcome.lost()
        execution, losses = self._recorder.begin(aloft)
        aboard.set((*aboard.get(), aloft.place.digest))
        try:
            outcome = returned(await caller.work(), aloft.policy)
        except Exception as error:  # noqa: BLE001  (as above)
            outcome = raised(error, aloft.policy)
        except BaseException as error:  # raised again, cancellation as well: others must not wait for it
            outcome = Outcome(Kind.LOST, error=error)
            raise
        finally:
            self._land(aloft, execution, losses, outcome)

    def forget(self, scope: Scope, digest: str, policy: FlightPolicy) -> None:
        """Let nobody join what began before now, nor have a result of it. Blocks for a round trip."""
        self.forgotten(digest)
        self._errands.forget(_place(scope, digest, policy))
        self.forgotten(digest)

    def revoke(self, digest: str, token: str) -> bool:
        """Take the lead of a round of this process away; return whether it had it. Blocks for a round trip."""
        aloft = self._flights.get(digest)
        if aloft is None or not aloft.flight.is_leading or aloft.flight.token != token:
            return False
        self._errands.forget(aloft.place)
        self.feed(aloft, lambda _: aloft.flight.revoke())
        return True

    def heard(self, digest: str) -> None:
        """Have the flight ask the store, or all of them for an empty digest: rounds of others may have ended."""
        with self._lock:
            concerned = [self._flights[digest]] if digest in self._flights else []
            concerned = concerned if digest else list(self._flights.values())
        for aloft in concerned:
            self.feed(aloft, lambda _, aloft=aloft: aloft.flight.heard())  # type: ignore[misc]

    def forgotten(self, digest: str) -> None:
        """Let nobody join here what another process had forgotten."""
        aloft = self._flights.get(digest)
        if aloft is not None:
            self.feed(aloft, lambda _: aloft.flight.forget())

    def grew(self, digest: str) -> None:
        """Have the new pieces of a stream fetched that another process leads."""
        aloft = self._flights.get(digest)
        if aloft is not None and not aloft.flight.is_leading:
            self._deck.put(partial(self.relay.fetch, aloft))

    def carry(self, aloft: Aloft, log: Log) -> None:
        """Have new pieces of our own stream carried to the store; its deadline is for the next one."""
        self.feed(aloft, aloft.flight.progressed)
        self.relay.carry(aloft, log)

    def tick(self) -> bool:
        """Do what is due; return whether there will be more. Blocks for the store."""
        self._store.mend()
        now = self._clock()
        with self._lock:
            due = [aloft for aloft in self._flights.values() if aloft.flight.due <= now]
        for aloft in due:
            self.feed(aloft, aloft.flight.tick, is_here=True)
        return bool(self._flights) or self.guarantee.is_lost

    def put(self, errand: Callable[[], object]) -> None:
        """Have something done in the table's own thread; does not block."""
        self._deck.put(errand)

    def aloft(self) -> list[Aloft]:
        """Return what is on the table."""
        with self._lock:
            return list(self._flights.values())

    def stop(self) -> None:
        """Do what is queued and end the thread; blocks for a second at most."""
        self._deck.stop()

    def feed(self, aloft: Aloft, event: Event, *, is_here: bool = False) -> None:
        """Let the flight decide, and do what it decides."""
        with self._lock:
            decisions = event(self._clock())
            self._note(aloft, decisions)
        self._perform(aloft, decisions, is_here=is_here)

    def count(self, count: Callable[[], None]) -> None:
        """Count something under the lock."""
        with self._lock:
            count()

    def _begin(self, scope: Scope, digest: str, policy: FlightPolicy) -> Aloft:
        flight: Flight[Caller] = Flight(policy, new_token=self._new_token)
        aloft = Aloft(scope, _place(scope, digest, policy), flight, policy, self._clock())
        self._flights[digest] = aloft
        scope.size += 1
        return aloft

    def _note(self, aloft: Aloft, decisions: Decisions[Caller]) -> None:
        """Keep table and auditor in step with what was decided; the caller holds the lock."""
        digest = aloft.place.digest
        for decision in decisions:
            if isinstance(decision, Drop) and self._flights.get(digest) is aloft:
                del self._flights[digest]
                aloft.scope.size -= 1
        if aloft.flight.state is State.ASTRAY and aloft.execution is not None:
            aloft.execution.let_go()

    def _perform(self, aloft: Aloft, decisions: Decisions[Caller], *, is_here: bool) -> None:
        for decision in decisions:  # not `match`: its patterns cost each call microseconds
            if isinstance(decision, Settle):
                settle(decision.callers, decision.outcome)
            elif isinstance(decision, Start):
                self._start(aloft, decision.pilot)
            elif isinstance(decision, Again):
                settle(decision.callers, None)
            elif isinstance(decision, Cancel):
                _cancel(decision.pilot)
            elif not isinstance(decision, Drop):
                self._errands.send(aloft, decision, is_here=is_here)

    def _start(self, aloft: Aloft, pilot: Caller) -> None:
        if isinstance(pilot, ThreadCaller):
            pilot.start()
            return
        grounded = partial(self.feed, aloft, lambda _: aloft.flight.grounded())
        try:
            pilot.start(partial(self.fly_in_loop, aloft, pilot), grounded)
        except RuntimeError:  # its loop has ended: the others begin anew
            grounded()

    def _land(self, aloft: Aloft, execution: Execution, losses: int, outcome: Outcome) -> None:
        self._recorder.end(execution, losses)
        self.feed(aloft, lambda now: aloft.flight.worked(outcome, now))


def _tokens() -> Iterator[str]:
    """Yield names of rounds that no other process uses."""
    process = secrets.token_hex(8)
    return (f"{process}{number:x}" for number in count())


def _place(scope: Scope, digest: str, policy: FlightPolicy) -> Place:
    return Place(
        scope=scope.name,
        digest=digest,
        lease_seconds=policy.lease_seconds,
        window_seconds=policy.result_window_seconds,
        value_bytes=policy.value_bytes,
    )


def _cancel(pilot: Caller) -> None:
    """Stop a coroutine's work; a thread that flies cannot leave, so it is never asked to."""
    if isinstance(pilot, LoopCaller):
        pilot.cancel()
