"""A store that may go away: then every process leads its own flights, and says so."""

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from apps.backplane.backoff import Backoff
from apps.deduplication.flights.decisions import Answer, Led
from apps.deduplication.flights.guarantee import Guarantee
from apps.deduplication.flights.outcome import Outcome
from apps.deduplication.flights.store import Heard, Place, Store

T = TypeVar("T")
FORGOTTEN_MAX = 10_000


class GuardedStore:
    """Asks the store while it answers. While it does not, callers never wait for it: only `mend` goes there."""

    def __init__(self, store: Store, guarantee: Guarantee, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._store, self._guarantee, self._clock = store, guarantee, clock
        self._backoff, self._mend_at = Backoff(), 0.0
        self._forgotten: dict[str, Place] = {}

    @property
    def is_remote(self) -> bool:
        """Whether a call costs a round trip now."""
        return self._store.is_remote and not self._guarantee.is_lost

    def listen(self, heard: Heard, forgot: Heard, grew: Heard) -> None:
        """Hear what the store tells."""
        self._store.listen(heard, forgot, grew)

    def probe(self) -> None:
        """Raise what keeps the store from working."""
        self._store.probe()

    def mend(self) -> None:
        """Try the store again, if it is gone and its time has come. Blocks for it, bounded by its timeouts."""
        if not self._guarantee.is_lost or self._clock() < self._mend_at:
            return
        try:
            self._store.probe()
            self._catch_up()
        except Exception:  # noqa: BLE001  (as below: it was said already, and is tried again)
            self._mend_at = self._clock() + self._backoff.failed()
        else:
            self._backoff.succeeded()
            self._guarantee.restore()

    def claim(self, place: Place, *, token: str, seen: str) -> Answer:
        """Return the store's answer, or the lead of this process."""
        alone: Answer = Led()
        return self._ask(lambda: self._store.claim(place, token=token, seen=seen), alone)

    def renew(self, place: Place, token: str) -> bool:
        """Return the store's answer; the lead of this process is always its own."""
        return self._ask(lambda: self._store.renew(place, token), True)  # noqa: FBT003

    def publish(self, place: Place, token: str, outcome: Outcome) -> bool:
        """Return the store's answer; there is nobody else to publish to."""
        return self._ask(lambda: self._store.publish(place, token, outcome), True)  # noqa: FBT003

    def append(self, place: Place, token: str, start: int, pieces: Sequence[bytes]) -> bool:
        """Add pieces where there is somebody to have them."""
        return self._ask(lambda: self._store.append(place, token, start, pieces), False)  # noqa: FBT003

    def read(self, place: Place, token: str, start: int) -> list[bytes]:
        """Return the store's pieces, none while it is gone."""
        nothing: list[bytes] = []
        return self._ask(lambda: self._store.read(place, token, start), nothing)

    def release(self, place: Place, token: str) -> None:
        """Release where there is something to release."""
        self._ask(lambda: self._store.release(place, token), None)

    def forget(self, place: Place) -> bool:
        """Forget; what the store does not hear now it hears as soon as it is back."""
        self._forgotten[place.digest] = place
        if len(self._forgotten) > FORGOTTEN_MAX:
            del self._forgotten[next(iter(self._forgotten))]
        if not self._guarantee.is_lost:
            return self._ask(self._catch_up, False)  # noqa: FBT003
        return False

    def _catch_up(self) -> bool:
        had_leader = False
        for digest, place in tuple(self._forgotten.items()):
            had_leader |= self._store.forget(place)
            self._forgotten.pop(digest, None)
        return had_leader

    def _ask(self, question: Callable[[], T], alone: T) -> T:
        if self._guarantee.is_lost:
            return alone
        try:
            return question()
        except Exception as error:  # noqa: BLE001  (whatever it is, the store does not answer: said once, and work goes on)
            self._guarantee.lose(f"{type(error).__name__}: {error}")
            return alone
