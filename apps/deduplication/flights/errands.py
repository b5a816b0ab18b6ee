"""What flights ask of the store, and what comes of it: at once, or in the thread behind the table."""

from collections.abc import Callable
from functools import partial
from typing import Protocol

from apps.deduplication.flights.aloft import Aloft
from apps.deduplication.flights.callers import Caller, LoopCaller
from apps.deduplication.flights.decisions import Busy, Claim, Publish, Release, Renew
from apps.deduplication.flights.deck import Deck, Errand
from apps.deduplication.flights.flight import Decisions
from apps.deduplication.flights.recorder import Recorder
from apps.deduplication.flights.relay import Relay
from apps.deduplication.flights.store import Place, Store

Event = Callable[[float], Decisions[Caller]]
StoreDecision = Claim | Renew | Publish | Release


class Board(Protocol):
    """What is told of the answers: the table."""

    def feed(self, aloft: Aloft, event: Event) -> None:
        """Let the flight decide, and do what it decides."""

    def count(self, count: Callable[[], None]) -> None:
        """Count something under the lock."""


class Errands:
    """Of one table. Whoever must not block leaves the round trip to the deck."""

    def __init__(self, board: Board, store: Store, deck: Deck, recorder: Recorder, clock: Callable[[], float]) -> None:
        self._board, self._store, self._deck = board, store, deck
        self._recorder, self._clock = recorder, clock
        self.relay = Relay(store, self.run)

    def send(self, aloft: Aloft, decision: StoreDecision, *, is_here: bool) -> None:
        """Go to the store: at once where that holds nobody up, with a result only after its callers are answered."""
        pilot = aloft.flight.pilot
        if is_here or not self._store.is_remote:
            self._ask(aloft, decision)
        elif isinstance(decision, Publish) and isinstance(pilot, LoopCaller):
            self._deck.put_after(pilot.loop, partial(self._ask, aloft, decision))
        else:
            self._deck.put(partial(self._ask, aloft, decision))

    def run(self, errand: Errand) -> None:
        """Have a call made where a round trip holds nobody up."""
        if self._store.is_remote:
            self._deck.put(errand)
        else:
            errand()

    def forget(self, place: Place) -> None:
        """End a round on purpose. Blocks for a round trip."""
        self._deck.wake()
        self._recorder.ended_on_purpose(place, partial(self._store.forget, place))

    def _ask(self, aloft: Aloft, decision: StoreDecision) -> None:
        flight, place, asked_at = aloft.flight, aloft.place, self._clock()
        match decision:
            case Claim():
                answer = self._store.claim(place, token=decision.token, seen=decision.seen)
                aloft.renewed_at = asked_at
                self._board.feed(aloft, lambda now: flight.claimed(answer, now))
                if isinstance(answer, Busy) and aloft.log is not None:
                    self.relay.fetch(aloft)
            case Renew():
                is_ours = self._store.renew(place, decision.token)
                self._judge(aloft, asked_at, is_ours=is_ours)
                self._board.feed(aloft, lambda _: flight.renewed(is_ours=is_ours))
            case Publish():
                is_ours = self._store.publish(place, decision.token, decision.outcome)
                self._judge(aloft, asked_at, is_ours=is_ours)
                self._board.feed(aloft, lambda _: flight.published())
            case Release():
                self._store.release(place, decision.token)
                self._board.feed(aloft, lambda _: flight.published())

    def _judge(self, aloft: Aloft, now: float, *, is_ours: bool) -> None:
        if is_ours:
            aloft.renewed_at = now
        else:
            self._board.count(aloft.tally.lost_lease)
            self._recorder.lost_lease(aloft, now)
