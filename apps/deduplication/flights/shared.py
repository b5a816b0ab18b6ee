"""The store between processes: leases and results in Redis, wake-up calls on the bus."""

from typing import TYPE_CHECKING, Any

from redis import Redis

from apps.backplane.bus import Bus, Loss
from apps.backplane.envelope import Envelope
from apps.backplane.seal import Seal, SealError
from apps.deduplication.flights import scripts
from apps.deduplication.flights.decisions import Answer, Busy, Led, Result
from apps.deduplication.flights.outcome import Outcome, OutcomeError, decoded
from apps.deduplication.flights.script import Script
from apps.deduplication.flights.store import Heard, Place

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ENDED, FORGOTTEN, GREW = "flights.ended", "flights.forgotten", "flights.grew"
KEPT_SECONDS = 10.0
STREAM_SECONDS = 120.0
PIECES_AT_ONCE = 1_000
GONE_LEASES = 5
PROBE, PROBE_TOKEN = Place(scope="probe", digest="probe", lease_seconds=1.0), "probe"


class SharedStore:
    """One script per step. Values are sealed, bound to scope, key and round: a forged one counts as a miss."""

    is_remote = True

    def __init__(self, client: Redis, bus: Bus, seal: "Callable[[], Seal]") -> None:
        self._client, self._bus, self._seal = client, bus, seal
        self._claim, self._renew = Script(client, scripts.CLAIM), Script(client, scripts.RENEW)
        self._publish, self._forget = Script(client, scripts.PUBLISH), Script(client, scripts.FORGET)
        self._append, self._discard = Script(client, scripts.APPEND), Script(client, scripts.DISCARD)
        self.forged = 0

    def listen(self, heard: Heard, forgot: Heard, grew: Heard) -> None:
        """Hear the bus; after a loss any round may have ended."""

        def lost(_: Loss) -> None:
            heard("")

        self._bus.subscribe(ENDED, lambda envelope: heard(_digest(envelope)), lost)
        self._bus.subscribe(FORGOTTEN, lambda envelope: forgot(_digest(envelope)), lambda _: None)
        self._bus.subscribe(GREW, lambda envelope: grew(_digest(envelope)), lambda _: None)

    def mend(self) -> None:
        """Do nothing: the client connects anew by itself."""

    def probe(self) -> None:
        """Write and delete, as a flight does: a Redis that only reads is of no use."""
        self.claim(PROBE, token=PROBE_TOKEN, seen="")
        self.release(PROBE, PROBE_TOKEN)

    def claim(self, place: Place, *, token: str, seen: str) -> Answer:
        """Return the lead, who has it, or the result; one round trip."""
        while True:
            what, *rest = self._claim(keys=keys(place), args=(token, _ms(place.lease_seconds), seen))
            if what == b"led":
                return Led()
            if what == b"busy":
                return Busy(rest[0].decode(), max(0, rest[1]) / 1000)
            if outcome := self._opened(place, *rest):
                return Result(outcome, rest[0].decode())

    def renew(self, place: Place, token: str) -> bool:
        """Lengthen the lease; one round trip."""
        return bool(self._renew(keys=keys(place), args=(token, _ms(place.lease_seconds))))

    def publish(self, place: Place, token: str, outcome: Outcome) -> bool:
        """Keep the sealed outcome and wake who waits. One that is too large is nobody's: those who wait take turns."""
        data = outcome.encoded()
        sealed = self._seal().seal(data, *_bound(place, token)) if len(data) <= place.value_bytes else b""
        return self._ended(place, token, sealed)

    def append(self, place: Place, token: str, start: int, pieces: "Sequence[bytes]") -> bool:
        """Add sealed pieces and wake who waits; one round trip for each thousand."""
        for at in range(0, len(pieces), PIECES_AT_ONCE):
            batch = pieces[at : at + PIECES_AT_ONCE]
            sealed = [
                self._seal().seal(piece, *_bound_piece(place, token, start + at + n)) for n, piece in enumerate(batch)
            ]
            args: tuple[str | int | bytes, ...] = (token, _ms(STREAM_SECONDS), start + at, *sealed)
            waiters = int(self._append(keys=(*keys(place), stream_key(place, token)), args=args))
            if waiters < 0:
                return False
            if waiters > 0:
                self._bus.publish(GREW, place.digest)
        return True

    def read(self, place: Place, token: str, start: int) -> list[bytes]:
        """Return the pieces up to the first that is not genuine; one round trip."""
        opened: list[bytes] = []
        kept: Any = self._client.lrange(stream_key(place, token), start, -1)
        for sealed in kept:
            try:
                opened.append(self._seal().open(sealed, *_bound_piece(place, token, start + len(opened))))
            except SealError:
                self.forged += 1
                break
        return opened

    def release(self, place: Place, token: str) -> None:
        """End the lease and wake who waits; one round trip."""
        self._ended(place, token, b"")

    def forget(self, place: Place) -> bool:
        """End the round and tell every process; the leader's renewals are refused from now on."""
        had_leader = bool(
            self._forget(keys=keys(place), args=(_ms(max(KEPT_SECONDS, GONE_LEASES * place.lease_seconds)),))
        )
        self._bus.publish(FORGOTTEN, place.digest)
        return had_leader

    def _ended(self, place: Place, token: str, sealed: bytes) -> bool:
        kept = max(KEPT_SECONDS, place.window_seconds)
        args = (token, sealed, _ms(kept), _ms(place.window_seconds))
        waiters = int(self._publish(keys=keys(place), args=args))
        if waiters > 0:
            self._bus.publish(ENDED, place.digest)
        return waiters >= 0

    def _opened(self, place: Place, token: bytes, sealed: bytes) -> Outcome | None:
        try:
            return decoded(self._seal().open(sealed, *_bound(place, token.decode())))
        except (SealError, OutcomeError):
            self.forged += 1
            self._discard(keys=keys(place), args=(token,))
            return None


def keys(place: Place) -> tuple[str, str, str]:
    """Return the flight's keys: its lease, its result, and the rounds that were forgotten."""
    head = f"perfsite:flight:{{{place.digest}}}"
    return f"{head}:lease", f"{head}:result", f"{head}:gone"


def stream_key(place: Place, token: str) -> str:
    """Return the key of a round's stream."""
    return f"{keys(place)[0]}:stream:{token}"


def _bound_piece(place: Place, token: str, number: int) -> tuple[str, ...]:
    return *_bound(place, token), str(number)


def _bound(place: Place, token: str) -> tuple[str, ...]:
    return "flight", place.scope, place.digest, token


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def _digest(envelope: Envelope) -> str:
    payload: Any = envelope.payload
    return payload if isinstance(payload, str) else ""
