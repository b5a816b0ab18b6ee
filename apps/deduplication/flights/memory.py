"""The store within one process: the embedded default, and what is left when Redis is gone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock

from apps.deduplication.flights.decisions import Answer, Busy, Led, Result
from apps.deduplication.flights.outcome import Outcome
from apps.deduplication.flights.store import Heard, Place

KEPT_SECONDS = 10.0
ENTRIES_MAX = 2_000


@dataclass(slots=True)
class _Entry:
    token: str = ""
    lease_until: float = 0.0
    has_waiters: bool = False
    round: str = ""
    pieces: list[bytes] = field(default_factory=list)
    outcome: Outcome | None = None
    kept_until: float = 0.0
    fresh_until: float = 0.0
    gone: set[str] = field(default_factory=set)


class MemoryStore:
    """A dictionary under a lock. Several tables may share one: to each other they are processes."""

    is_remote = False

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = Lock()
        self._entries: dict[str, _Entry] = {}
        self._sweep_at = ENTRIES_MAX
        self._heard: list[Heard] = []
        self._grew: list[Heard] = []
        self._forgot: list[Heard] = []

    def listen(self, heard: Heard, forgot: Heard, grew: Heard) -> None:
        """Have the digests told whose round has ended, is forgotten, has new pieces."""
        self._grew.append(grew)
        self._heard.append(heard)
        self._forgot.append(forgot)

    def mend(self) -> None:
        """Do nothing."""

    def probe(self) -> None:
        """Do nothing: there is nothing to be disconnected from."""

    def claim(self, place: Place, *, token: str, seen: str) -> Answer:
        """Return the lead, who has it, or the result."""
        with self._lock:
            now, entry = self._clock(), self._entry(place.digest)
            if entry.token and now < entry.lease_until:
                entry.has_waiters = True
                return Busy(entry.token, entry.lease_until - now)
            if entry.outcome is not None and now < (entry.kept_until if seen else entry.fresh_until):
                return Result(entry.outcome, entry.round)
            entry.token, entry.lease_until, entry.outcome = token, now + place.lease_seconds, None
            entry.round, entry.pieces = token, []
            entry.has_waiters = False
            return Led()

    def renew(self, place: Place, token: str) -> bool:
        """Lengthen the lease."""
        with self._lock:
            now, entry = self._clock(), self._entry(place.digest)
            if token in entry.gone or (entry.token not in {"", token} and now < entry.lease_until):
                return False
            entry.token, entry.lease_until = token, now + place.lease_seconds
            return True

    def publish(self, place: Place, token: str, outcome: Outcome) -> bool:
        """Keep the outcome for those who waited, and within its window for all."""
        with self._lock:
            now, entry = self._clock(), self._entry(place.digest)
            is_ours = entry.token == token and now < entry.lease_until
            if is_ours:
                entry.token = ""
                entry.outcome = outcome if entry.has_waiters or place.window_seconds else None
                entry.kept_until, entry.fresh_until = now + KEPT_SECONDS, now + place.window_seconds
        self._tell(place.digest, entry if is_ours else None)
        return is_ours

    def append(self, place: Place, token: str, start: int, pieces: Sequence[bytes]) -> bool:
        """Add pieces to the round's stream."""
        with self._lock:
            entry = self._entry(place.digest)
            is_ours = entry.token == token and start == len(entry.pieces)
            if is_ours:
                entry.pieces.extend(pieces)
            is_awaited = is_ours and entry.has_waiters
        for grew in self._grew if is_awaited else ():
            grew(place.digest)
        return is_ours

    def read(self, place: Place, token: str, start: int) -> list[bytes]:
        """Return the pieces of the latest round."""
        with self._lock:
            entry = self._entry(place.digest)
            return entry.pieces[start:] if entry.round == token else []

    def release(self, place: Place, token: str) -> None:
        """End the lease."""
        with self._lock:
            entry = self._entry(place.digest)
            is_ours = entry.token == token
            if is_ours:
                entry.token = ""
        self._tell(place.digest, entry if is_ours else None)

    def forget(self, place: Place) -> bool:
        """End the round and drop the result."""
        with self._lock:
            entry = self._entry(place.digest)
            token, entry.token, entry.outcome = entry.token, "", None
            if token:
                entry.gone.add(token)
        for forgot in self._forgot:
            forgot(place.digest)
        return bool(token)

    def _tell(self, digest: str, entry: _Entry | None) -> None:
        if entry is not None and entry.has_waiters:
            entry.has_waiters = False
            for heard in self._heard:
                heard(digest)

    def _entry(self, digest: str) -> _Entry:
        if digest not in self._entries:
            if len(self._entries) >= self._sweep_at:
                self._sweep()
            self._entries[digest] = _Entry()
        return self._entries[digest]

    def _sweep(self) -> None:
        now = self._clock()
        over = [name for name, one in self._entries.items() if _is_over(one, now)]
        for name in over:
            del self._entries[name]
        self._sweep_at = max(ENTRIES_MAX, 2 * len(self._entries))  # a full one is seldom looked through


def _is_over(entry: _Entry, now: float) -> bool:
    """Return whether nobody can still ask for it: not led, no word kept of a lead that was taken away, no result."""
    is_remembered = bool(entry.token or entry.gone) and now < entry.lease_until
    return not is_remembered and (entry.outcome is None or now >= entry.kept_until)
