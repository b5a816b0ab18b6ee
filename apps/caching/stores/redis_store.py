"""Level 3 in Redis: one round trip per read, no command that grows with what is stored."""

import logging
import secrets
from collections.abc import Callable, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from redis import Redis
from redis.exceptions import RedisError

from apps.backplane.bus import Bus
from apps.caching.exceptions import UnavailableError
from apps.caching.fence import agreed
from apps.caching.record import Stamps
from apps.caching.stores import invalidations, scripts
from apps.caching.stores.store import Answer, Data, Lease, Place, Weight
from apps.caching.stores.wire import EPOCH_KEY, PREFIX, Wire
from apps.caching.tag import tags
from apps.caching.topic import tell
from apps.deduplication.flights.script import Word
from apps.resilience.chaos import Fault
from apps.resilience.exceptions import RejectedError, ResilienceError
from apps.resilience.pipeline import Pipeline

if TYPE_CHECKING:
    from apps.resilience.pipeline.policy import PipelinePolicy

logger = logging.getLogger(__name__)
P = ParamSpec("P")
R = TypeVar("R")
ENTRY, STAMP = f"{PREFIX}e:", f"{PREFIX}t:"
HOLD_SECONDS = 5.0
STAMP_SECONDS = 60.0  # until the first fill, which lengthens it to the life of its entry


class RedisStore:
    """Trusted while it answers. After a failure it is asked again when all that it missed has been delivered to it."""

    def __init__(self, client: Redis, pipeline: Pipeline, bus: Bus, *, hold_seconds: float = HOLD_SECONDS) -> None:
        self._wire, self._pipeline, self._bus = Wire(client), pipeline, bus
        self._make, self._fill = self._wire.script(scripts.MAKE), self._wire.script(scripts.FILL)
        self._hold, self._release = self._wire.script(scripts.HOLD), self._wire.script(scripts.RELEASE)
        self._epoch = self._wire.script(scripts.EPOCH)
        self._hold_ms = round(hold_seconds * 1000)
        self._call: Callable[..., Any] = pipeline.call
        self._policy: PipelinePolicy | None = None
        self.lost = ""  # why nothing that Redis has is believed
        self._is_deaf = False  # and it is not told of commits either
        self._lock = Lock()
        self._unheard = 0  # commits under way, and how many there were, that Redis could not be told of
        self._unheard_ever = 0
        self._owed: set[str] = set()

    def read(self, places: Sequence[Place], *, with_entries: bool = True) -> list[Answer]:
        """Return an answer for each place: one round trip, two where stamps are missing."""
        names = places[0].tags if len(places) == 1 else tuple(dict.fromkeys(tag for one in places for tag in one.tags))
        entries = [ENTRY + place.digest for place in places] if with_entries else []
        keys = [*entries, *[STAMP + name for name in names], EPOCH_KEY]
        found: list[bytes | None] = self._asked(self._wire.ask_lightly, "MGET", *keys)
        stamps = found[len(entries) :]
        if None in stamps:
            stamps = self._complete(names, stamps)
        if len(places) == 1:
            return [Answer(found[0] if entries else None, agreed(stamps))]
        known = dict(zip((*names, ""), stamps, strict=True))
        data = found[: len(entries)] or [None] * len(places)
        return [
            Answer(one, agreed([*[known[name] for name in place.tags], known[""]]))
            for place, one in zip(places, data, strict=True)
        ]

    def fill(self, place: Place, stamps: Stamps, data: Data, *, seconds: float) -> bool:
        """Keep the entry unless its stamps have changed. One round trip."""
        keys = [ENTRY + place.digest, *map(_stamp, place.tags), EPOCH_KEY]
        return bool(self._asked(self._fill, keys=keys, args=[data(), round(seconds * 1000), *stamps]))

    def drop(self, digest: str) -> None:
        """Forget an entry. One round trip."""
        self._asked(self._wire.ask, "UNLINK", ENTRY + digest)

    def weight(self) -> Weight:
        """Return the memory of the whole server, as it counts it. One round trip."""
        told = self._asked(self._wire.ask, "INFO", "memory").decode()
        known = dict(line.split(":", 1) for line in told.splitlines() if ":" in line)
        return Weight(int(known["used_memory"]), int(known["maxmemory"]))

    def hold(self, names: Sequence[str], connection: Any) -> Lease:
        """Mark the stamps; where Redis does not answer, write the tags into the transaction instead."""
        token = secrets.token_hex(8)
        try:
            self._told(self._hold, keys=list(map(_stamp, names)), args=[token, self._hold_ms])
        except UnavailableError as error:
            invalidations.log(names, connection)
            self._go_unheard(error)
            token = ""
        return Lease(names=tuple(names), token=token)

    def release(self, lease: Lease) -> None:
        """Take the marks off, and the stamps with them. What is not heard is owed, and ends by itself with the hold."""
        if not lease.token:
            with self._lock:
                self._unheard -= 1
            return
        try:
            self._told(self._release, keys=list(map(_stamp, lease.names)), args=[lease.token])
        except UnavailableError as error:
            with self._lock:  # the server may be another one by now, which knows of no hold
                self._owed.update(lease.names)
                self.lost = self.lost or str(error)

    def _go_unheard(self, error: Exception) -> None:
        """Believe nothing of Redis until the transaction has ended and its tags have been delivered."""
        with self._lock:
            self._unheard += 1
            self._unheard_ever += 1
            self.lost = self.lost or str(error)

    def ask(self, *words: Word) -> Any:
        """Return the answer to a command about other things than entries. One round trip."""
        return self._asked(self._wire.ask, *words)

    def run(self, text: str, *, keys: Sequence[str], args: Sequence[Word]) -> Any:
        """Return what a script about other things than entries returns. One round trip."""
        return self._asked(self._wire.script(text), keys=keys, args=args)

    def tend(self) -> None:
        """Deliver what was missed, then trust Redis again. Blocks for a query and a round trip."""
        try:
            if self.lost:
                self._wire.renew()
                self._is_deaf = False  # first it is told of commits again: else a busy process would never catch up
            under_way, ever = self._unheard, self._unheard_ever
            self._deliver()
            if not under_way:
                self._trust(ever)
        except (RedisError, OSError) as error:
            self._distrust(error)

    def _trust(self, unheard_ever: int) -> None:
        """Believe Redis again, if it could be told of all since what it missed was looked up, and failed nobody."""
        with self._lock:
            if not self.lost or self._is_deaf or self._unheard_ever != unheard_ever or self._owed:
                return
            self.lost = ""
        logger.warning("Redis keeps the cache again; what it missed has been delivered.")

    def _deliver(self) -> None:
        self._pay()
        while rows := invalidations.logged():
            names = list(dict.fromkeys(tag for _, tag in rows))
            self._forget_stamps(names)
            invalidations.forget([row for row, _ in rows])
        self._wire.ask("PING")

    def _pay(self) -> None:
        """Deliver the releases that were not heard; raise RedisError, and owe them still."""
        with self._lock:
            owed, self._owed = self._owed, set()
        try:
            if owed:
                self._forget_stamps(tuple(owed))
        except (RedisError, OSError):
            with self._lock:
                self._owed |= owed
            raise

    def _forget_stamps(self, names: Sequence[str]) -> None:
        self._release(keys=list(map(_stamp, names)), args=[secrets.token_hex(8)])
        tags.bump(names)
        tell(self._bus, names)

    def _complete(self, names: Sequence[str], found: Sequence[bytes | None]) -> list[bytes | None]:
        """Return the stamps, the epoch last; make those that are missing."""
        *stamps, epoch = found
        if epoch is None:
            epoch = self._asked(self._epoch, keys=[EPOCH_KEY], args=[secrets.token_hex(8)])
        if None in stamps:
            words = [secrets.token_urlsafe(12) for _ in names]
            keys = list(map(_stamp, names))
            stamps = self._asked(self._make, keys=keys, args=[round(STAMP_SECONDS * 1000), *words])
        return [*stamps, epoch]

    def _asked(self, question: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        if self.lost:
            raise UnavailableError(self.lost)
        return self._told(question, *args, **kwargs)

    def _told(self, question: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Ask, although what is stored may not be believed yet."""
        if self._is_deaf:
            raise UnavailableError(self.lost)
        try:
            return self._way()(question, *args, **kwargs)  # type: ignore[no-any-return]
        except RejectedError as error:
            raise UnavailableError(str(error)) from None
        except (RedisError, OSError, ResilienceError) as error:
            self._distrust(error)
            raise UnavailableError(self.lost) from error

    def _way(self) -> Callable[..., Any]:
        """Return the pipeline's call, or only its breaker's where the policy asks for nothing more.

        The deadline is the connection's own; the other steps would cost a tenth of a round trip without being wanted.
        """
        policy = self._pipeline.handle.current
        if policy is not self._policy:
            self._pipeline.obey()
            is_plain = policy.fault is Fault.OFF and not policy.has_bulkhead and not policy.calls_per_second
            self._call = self._pipeline.breaker.call if is_plain else self._pipeline.call
            self._policy = policy
        return self._call

    def _distrust(self, error: Exception) -> None:
        with self._lock:
            was_lost = self.lost
            self.lost, self._is_deaf = f"{type(error).__name__}: {error}", True
        if not was_lost:
            logger.warning("Redis does not keep the cache now (%s): each process has its own, for seconds.", error)


def _stamp(name: str) -> str:
    return STAMP + name
