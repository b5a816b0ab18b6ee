"""A read that memory could not answer: ask the shared store, else load once for all, and keep what is still true.

The order is what makes it right. Fences and stamps are taken before the value is read, and compared after it: what was
invalidated in between is given to who asked before, and kept nowhere.
"""

import math
import os
import random
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from django.db import InterfaceError, OperationalError

from apps.caching import dependencies, transactions
from apps.caching import record as records
from apps.caching.answers import Loaded, Old, Outcome, Unchanged, plain
from apps.caching.current import store
from apps.caching.desk import ask, submit
from apps.caching.envelope import unwrapped, wrapped
from apps.caching.exceptions import EntryError, UnavailableError
from apps.caching.keys import Key
from apps.caching.memory import Entry
from apps.caching.policy import CachePolicy
from apps.caching.record import Record, Stamps
from apps.caching.sessions import sessions
from apps.caching.stores.store import Answer
from apps.caching.tag import Fences, captured, is_unmoved, tags_of
from apps.deduplication.exceptions import FlightTimeoutError
from apps.deduplication.flights.unshared import Unshared
from apps.resilience.exceptions import ResilienceError

if TYPE_CHECKING:
    from apps.caching.namespace import Namespace

OUTAGES = (OperationalError, InterfaceError, OSError, ResilienceError, FlightTimeoutError)
ALONE = frozenset({"disabled", "bypass", "held"})
PROCESS = secrets.token_hex(8)


def life_of(entry: Entry, policy: CachePolicy) -> float:
    """Return how many seconds the entry's value is good for, by the policy of now."""
    life = entry.life or (policy.negative_seconds if entry.value is None else policy.l3_seconds)
    return life * (1.0 - policy.jitter_percent / 100 * entry.draw)


class Reading:
    """One read of one key. `cause` says why memory and store had nothing to give."""

    __slots__ = ("_led", "cause", "fences", "key", "namespace", "old", "place", "policy", "session", "stamps")

    def __init__(self, namespace: "Namespace[Any]", key: Key, session: str | None) -> None:
        self.namespace, self.key, self.session = namespace, key, session
        self.policy: CachePolicy = namespace.policy.current
        self.place = namespace.place(key)
        self.fences: Fences | None = None
        self.stamps: Stamps | None = None
        self.old: Entry | None = None
        self.cause = "cold"
        self._led: tuple[bytes, Any, Record] | None = None

    def run(self, load: Callable[[], Any], refresh: Callable[[Old[Any]], Any] | None) -> Outcome[Any]:
        """Return the value from the store or the loader. Blocks."""
        outcome = self._found_or_loaded(load, refresh)
        if self.cause != "disabled":
            dependencies.note(self.place.tags, None if outcome.is_stale else self.stamps)
        return outcome

    def _found_or_loaded(self, load: Callable[[], Any], refresh: Callable[[Old[Any]], Any] | None) -> Outcome[Any]:
        found = self.found()
        if found is not None:
            return found
        self.namespace.tally.misses[self.cause] += 1
        if self.cause in ALONE:
            return self._alone(load)
        work = load if refresh is None or self.old is None else self._with_old(refresh)
        if self.old is None or not self.policy.soft_seconds:
            return self._loaded(work)
        return self._hurried(work)

    async def run_async(
        self, load: Callable[[], Awaitable[Any]], refresh: Callable[[Old[Any]], Awaitable[Any]] | None
    ) -> Outcome[Any]:
        """Return as `run` does, without blocking the loop."""
        found = await ask(self.found)
        if found is not None:
            return found
        self.namespace.tally.misses[self.cause] += 1
        if self.cause in ALONE:
            return self._given(*plain(await load())[:1])
        work = load if refresh is None or self.old is None else self._with_old(refresh)
        return await self._loaded_async(work)

    def found(self) -> Outcome[Any] | None:
        """Return what the store has, or what it confirms of this process's own; else None and `cause`."""
        if not self._may_ask():
            return None
        own = self._own()
        try:
            if own is not None:
                [answer] = store().read([self.place], with_entries=False)
                if answer.stamps == own.stamps:
                    return self._confirmed(own)
            [answer] = store().read([self.place], with_entries=self.policy.is_l3_used)
        except UnavailableError:
            self.cause, self.old = "error", own
            return None
        return self.judged(answer)

    def judged(self, answer: Answer) -> Outcome[Any] | None:
        """Return the entry of an answer if it is one to be given out; note the stamps."""
        self.stamps = answer.stamps
        if answer.stamps is None:
            self.cause = "held"
            return None
        if answer.data is None:
            return None
        record = self._opened(answer.data)
        if record is None:
            return None
        if record.stamps != answer.stamps:
            self.cause = "invalidated"
            return None
        return self._taken(record)

    def keep(self, value: Any, *, seconds: float) -> bool:
        """Keep a value from elsewhere under the fences of now."""
        self.found()
        if self.cause in ALONE:
            return False
        return self._kept(value, self._recorded(value, seconds, load_seconds=0.0), is_own=True)

    def keep_made(self, value: Any, *, seconds: float, load_seconds: float) -> bool:
        """Keep a value that was made after `found` had nothing; all that it was made of must be of the same stamps."""
        if self.cause in ALONE or self.stamps is None or not dependencies.agree(self.place.tags, self.stamps):
            self.namespace.tally.refusals["held" if self.cause == "held" else "moved"] += 1
            return False
        return self._kept(value, self._recorded(value, seconds, load_seconds=load_seconds), is_own=True)

    def drop(self) -> None:
        """Have the store forget the entry; one that does not answer forgets it by itself, in time."""
        try:
            store().drop(self.place.digest)
        except UnavailableError:
            return

    def may_ask(self) -> bool:
        """Return whether the store may be asked at all, with the fences taken."""
        return self._may_ask()

    def _may_ask(self) -> bool:
        if not self.policy.is_enabled:
            self.cause = "disabled"
        elif transactions.is_inside():
            self.cause = "bypass"
        else:
            self.fences = captured(tags_of(self.place.tags))
            if self.fences is not None:
                return True
            self.cause = "held"
        return False

    def _own(self) -> Entry | None:
        """Return an entry of this process that the store may confirm: nobody here has invalidated it."""
        entry = self.namespace.shelf.entries.get(self.key)
        if entry is None and self.session is not None:
            entry = sessions.get(self.session, (self.namespace.name, self.key))
        if entry is None:
            return None
        if not is_unmoved(entry.fences):
            self.cause = "invalidated"
            return None
        age = time.monotonic() - entry.loaded_at
        return entry if age < life_of(entry, self.policy) + self.policy.grace_seconds else None

    def _confirmed(self, entry: Entry) -> Outcome[Any] | None:
        self.stamps = entry.stamps
        return self._judged_by_age(entry)

    def _taken(self, record: Record) -> Outcome[Any] | None:
        try:
            value = self.namespace.codec.value(record)
        except EntryError:
            self.cause = "corrupt"
            return None
        return self._judged_by_age(self._entry(value, record))

    def _judged_by_age(self, entry: Entry) -> Outcome[Any] | None:
        """Give the entry out while its life lasts and it is not time to load early; else it may stand in."""
        now, life = time.monotonic(), life_of(entry, self.policy)
        age = now - entry.loaded_at
        if age >= life + self.policy.grace_seconds:
            self.cause = "expired"
            return None
        if age >= life or self._is_early(entry, life - age):
            self.cause, self.old = "expired" if age >= life else "early", entry
            return None
        self._remember(entry, now)
        self.namespace.tally.l3 += 1
        return Outcome(entry.value, "L3", age)

    def _is_early(self, entry: Entry, left: float) -> bool:
        """Source: Vattani et al., "Optimal Probabilistic Cache Stampede Prevention", 2015."""
        return left < entry.load_seconds * self.policy.early_beta * -math.log(1.0 - random.random())

    def _opened(self, data: bytes) -> Record | None:
        try:
            return records.decoded(unwrapped(data, self._place_name(), is_sensitive=self.policy.is_sensitive))
        except EntryError:
            self.cause = "corrupt"
            return None

    def _place_name(self) -> str:
        return f"{self.namespace.name}:{self.namespace.version}:{self.place.digest}"

    def _alone(self, load: Callable[[], Any]) -> Outcome[Any]:
        """Load for this reader only."""
        return self._given(*plain(load())[:1])

    def _given(self, value: Any) -> Outcome[Any]:
        self.namespace.tally.refusals["transaction" if self.cause == "bypass" else "held"] += self.cause != "disabled"
        return Outcome(value, "load", cause=self.cause)

    def _with_old(self, refresh: Callable[[Old[Any]], Any]) -> Callable[[], Any]:
        old = self.old
        assert old is not None  # noqa: S101  (asked before)
        return lambda: refresh(Old(old.value, time.monotonic() - old.loaded_at))

    def _loaded(self, load: Callable[[], Any]) -> Outcome[Any]:
        def work() -> bytes:
            begun = time.monotonic()
            return self._packed(load(), begun)

        try:
            data = self.namespace.scope.run(self._flight(), work)
        except OUTAGES as error:
            return self._stood_in(error)
        return self._ended(data)

    async def _loaded_async(self, load: Callable[[], Awaitable[Any]]) -> Outcome[Any]:
        async def work() -> bytes:
            begun = time.monotonic()
            return self._packed(await load(), begun)

        try:
            data = await self.namespace.scope.run_async(self._flight(), work)
        except OUTAGES as error:
            return self._stood_in(error)
        return await ask(self._ended, data)

    def _hurried(self, load: Callable[[], Any]) -> Outcome[Any]:
        """Wait for the load for a while only; it goes on, and what it brings is kept."""
        loading = submit(self._loaded, load)
        try:
            return loading.result(self.policy.soft_seconds)
        except TimeoutError as error:
            if loading.done():
                raise
            return self._stood_in(error)

    def _flight(self) -> str:
        """Return the name of the work: who reads after an invalidation never joins who began before it."""
        if self.stamps is not None:
            return f"{self.place.digest}:{b','.join(self.stamps).decode()}"
        fences = self.fences or ()
        return f"{self.place.digest}:{PROCESS}:{os.getpid()}:{','.join(str(version) for _, version in fences)}"

    def _packed(self, answer: Any, begun: float) -> bytes:
        """Return a loader's answer as a flight carries it, and remember it as it is."""
        if isinstance(answer, Unchanged):
            assert self.old is not None  # noqa: S101  (only who was handed an old value may say so)
            answer = Loaded(self.old.value, self.old.life)
        value, life, is_kept = plain(answer)
        seconds = time.monotonic() - begun
        self.namespace.tally.loaded(seconds)
        record = self._recorded(value, life, load_seconds=seconds)
        data = records.encoded(record)
        self._led = data, value, record
        return data if is_kept and self._is_kept(value) else Unshared(data)

    def _is_kept(self, value: Any) -> bool:
        return value is not None or self.policy.negative_seconds > 0

    def _recorded(self, value: Any, life: float, *, load_seconds: float) -> Record:
        return Record(
            created_at=time.time(),
            load_seconds=load_seconds,
            life=life,
            draw=random.random(),
            is_compressed=False,
            stamps=self.stamps or (),
            payload=self.namespace.codec.encode(value),
        )

    def _ended(self, data: bytes) -> Outcome[Any]:
        """Keep what a flight brought, if it may be kept."""
        is_own = self._led is not None and self._led[0] == data
        if self._led is not None and is_own:
            _, value, record = self._led
        else:
            record = records.decoded(data)
            value = self.namespace.codec.value(record)
        if isinstance(data, Unshared):
            self.namespace.tally.refusals["loader"] += 1
        else:
            self._kept(value, record, is_own=is_own)
        return Outcome(value, "load", cause=self.cause)

    def _kept(self, value: Any, record: Record, *, is_own: bool) -> bool:
        """Keep the value where nothing moved since before its load; who led offers it to the store as well."""
        tally = self.namespace.tally
        if len(record.payload) > self.policy.entry_bytes:
            tally.refusals["size"] += 1
            return False
        if (is_own and not self._stored(record)) or self.fences is None or not is_unmoved(self.fences):
            tally.refusals["moved"] += 1
            return False
        tally.fills += 1
        self._remember(self._entry(value, record), time.monotonic())
        return True

    def _stored(self, record: Record) -> bool:
        """Offer the record to the store; False when it knows better. Where there is none, memory has to do."""
        if self.stamps is None or not self.policy.is_l3_used:
            return True
        payload, is_compressed = self.namespace.codec.packed(record.payload, compress_bytes=self.policy.compress_bytes)
        stored = records.packed(record, payload, is_compressed=is_compressed)
        frame = wrapped(records.encoded(stored), self._place_name(), is_sensitive=self.policy.is_sensitive)
        life = record.life or self.policy.l3_seconds
        try:
            return store().fill(self.place, self.stamps, frame, seconds=life + self.policy.grace_seconds)
        except UnavailableError:
            return True

    def _entry(self, value: Any, record: Record) -> Entry:
        """Return the record as this process holds it."""
        now = time.monotonic()
        size = self.namespace.scale.weigh(value, len(record.payload))
        return Entry(
            value=value,
            fences=self.fences or (),
            stamps=self.stamps or (),
            stored_at=now,
            kept_at=now,
            loaded_at=now - record.age(),
            load_seconds=record.load_seconds,
            life=record.life,
            draw=record.draw,
            size=size,
        )

    def _remember(self, entry: Entry, now: float) -> None:
        """Put the entry on the shelves, looked at now, unless something moved since the fences were taken."""
        if self.fences is None or not is_unmoved(self.fences):
            return
        fresh = entry.looked_at(now, fences=self.fences)
        if self.policy.l1_seconds:
            self.namespace.shelf.put(self.key, fresh, limit_bytes=self.policy.l1_bytes)
        if self.session is not None and self.policy.l2_seconds:
            sessions.put(self.session, (self.namespace.name, self.key), fresh)

    def _stood_in(self, error: Exception) -> Outcome[Any]:
        """Return the old value for a load that failed; raise the error where there is none."""
        self.namespace.tally.failures += 1
        old = self.old
        if old is None or not is_unmoved(old.fences):
            raise error
        self.namespace.tally.stale += 1
        return Outcome(old.value, "stale", time.monotonic() - old.loaded_at, is_stale=True, cause=self.cause)


def found_many(readings: Iterable[Reading]) -> Iterator[tuple[Reading, Outcome[Any]]]:
    """Yield the readings that the store has something for, with it. One round trip for all."""
    asking = [reading for reading in readings if reading.may_ask()]
    if not asking:
        return
    try:
        answers = store().read([reading.place for reading in asking])
    except UnavailableError:
        return
    for reading, answer in zip(asking, answers, strict=True):
        if (found := reading.judged(answer)) is not None:
            yield reading, found
