"""A read that memory could not answer: ask the shared store, else load once for all, and keep what is still true.

The order is what makes it right. Fences and stamps are taken before the value is read, and compared after it: what was
invalidated in between is given to who asked before, and kept nowhere.
"""

import os
import random
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import InterfaceError, OperationalError
from opentelemetry.trace import get_tracer

from apps.caching import dependencies
from apps.caching import record as records
from apps.caching.answers import Loaded, Old, Outcome, Unchanged, plain
from apps.caching.current import store
from apps.caching.desk import ask, finish_later
from apps.caching.envelope import wrapped
from apps.caching.exceptions import UnavailableError
from apps.caching.finding import Finding
from apps.caching.keys import Key
from apps.caching.record import Record
from apps.caching.tag import is_unmoved
from apps.deduplication.exceptions import FlightTimeoutError
from apps.deduplication.flights.unshared import Unshared
from apps.resilience.exceptions import ResilienceError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from opentelemetry.trace import Span

    from apps.caching.namespace import Namespace

OUTAGES = (OperationalError, InterfaceError, OSError, ResilienceError, FlightTimeoutError)
ALONE = frozenset({"disabled", "bypass", "held"})
PROCESS = secrets.token_hex(8)
_clock, _wall = time.monotonic, time.time


class Reading(Finding):
    """One read of one key, with all that follows when nothing is found."""

    __slots__ = ("_led",)

    def __init__(self, namespace: "Namespace[Any]", key: Key, session: str | None) -> None:
        super().__init__(namespace, key, session)
        self._led: tuple[bytes, Any, Record] | None = None

    def run(self, load: Callable[[], Any], refresh: Callable[[Old[Any]], Any] | None) -> Outcome[Any]:
        """Return the value from the store or the loader. Blocks."""
        outcome = self._found_or_loaded(load, refresh)
        # Where nothing is cached there are no stamps: nobody could say later that this part has not changed since.
        source = outcome.cause or outcome.level
        dependencies.note(self.place.tags, None if outcome.is_stale else self.fence.stamps, source)
        return outcome

    def _found_or_loaded(self, load: Callable[[], Any], refresh: Callable[[Old[Any]], Any] | None) -> Outcome[Any]:
        found = self.found()
        if found is not None:
            return found
        cause, stands_in = self.cause, False
        try:
            outcome = self._brought(load, refresh)
            stands_in = outcome.is_stale
        finally:
            self._count(cause, stands_in=stands_in)
        return outcome

    def _brought(self, load: Callable[[], Any], refresh: Callable[[Old[Any]], Any] | None) -> Outcome[Any]:
        """Return what the loader brings, or what stands in for it."""
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
        cause, stands_in = self.cause, False
        try:
            outcome = await self._brought_async(load, refresh)
            stands_in = outcome.is_stale
        finally:
            self._count(cause, stands_in=stands_in)
        return outcome

    async def _brought_async(
        self, load: Callable[[], Awaitable[Any]], refresh: Callable[[Old[Any]], Awaitable[Any]] | None
    ) -> Outcome[Any]:
        if self.cause in ALONE:
            return self._given(*plain(await load())[:1])
        work = load if refresh is None or self.old is None else self._with_old(refresh)
        return await self._loaded_async(work)

    def _count(self, cause: str, *, stands_in: bool) -> None:
        """Count a read that is over, once: counters never take back what they have told."""
        tally = self.namespace.tally
        if stands_in:
            tally.stale += 1
        else:
            tally.misses[cause] += 1

    def renew(self, load: Callable[[], Any]) -> bool:
        """Load and keep the value where neither memory nor store has a current one; return whether it was done.

        Nobody reads it by this. Raises what the loader raises. Blocks.
        """
        entry = self.namespace.shelf.entries.get(self.key)
        if (entry is not None and is_unmoved(entry.fences)) or self.looked_for() is not None or self.cause in ALONE:
            return False
        self._loaded(load)
        return True

    def keep(self, value: Any, *, seconds: float) -> bool:
        """Keep a value from elsewhere under the fences of now."""
        self.looked_for()
        if self.cause in ALONE:
            return False
        return self._kept(value, self._recorded(value, seconds, load_seconds=0.0), is_own=True)

    def keep_on(self) -> bool:
        """Keep what the store has, or confirms, for another life."""
        found = self.looked_for()
        return found is not None and self._kept(
            found.value, self._recorded(found.value, 0.0, load_seconds=0.0), is_own=True
        )

    def keep_made(self, value: Any, *, seconds: float, load_seconds: float) -> bool:
        """Keep a value that was made after `found` had nothing; all that it was made of must be of the same stamps."""
        stamps = self.fence.stamps
        if self.cause in ALONE or stamps is None or not dependencies.agree(self.place.tags, stamps):
            self.namespace.tally.refusals["held" if self.cause == "held" else "moved"] += 1
            return False
        return self._kept(value, self._recorded(value, seconds, load_seconds=load_seconds), is_own=True)

    def _alone(self, load: Callable[[], Any]) -> Outcome[Any]:
        """Load for this reader only."""
        return self._given(*plain(load())[:1])

    def _given(self, value: Any) -> Outcome[Any]:
        self.namespace.tally.refusals["transaction" if self.cause == "bypass" else "held"] += self.cause != "disabled"
        return Outcome(value, "load", cause=self.cause)

    def _with_old(self, refresh: Callable[[Old[Any]], Any]) -> Callable[[], Any]:
        old = self.old
        assert old is not None  # noqa: S101  (asked before)
        return lambda: refresh(Old(old.value, _clock() - old.loaded_at))

    def _loaded(self, load: Callable[[], Any]) -> Outcome[Any]:
        def work() -> bytes:
            begun = _clock()
            with self._span():
                return self._packed(load(), begun)

        try:
            data = self.namespace.scope.run(self._flight(), work)
        except OUTAGES as error:
            return self._stood_in(error)
        return self._ended(data)

    async def _loaded_async(self, load: Callable[[], Awaitable[Any]]) -> Outcome[Any]:
        async def work() -> bytes:
            begun = _clock()
            with self._span():
                return self._packed(await load(), begun)

        try:
            data = await self.namespace.scope.run_async(self._flight(), work)
        except OUTAGES as error:
            return self._stood_in(error)
        return await ask(self._ended, data)

    def _hurried(self, load: Callable[[], Any]) -> Outcome[Any]:
        """Wait for the load for a while only; it goes on, and what it brings is kept.

        Where as many go on already as may, nothing is loaded now: what they wait for may be hanging.
        """
        loading = finish_later(self._loaded, load)
        if loading is None:
            return self._stood_in(TimeoutError("As many loads are late as may be."))
        try:
            return loading.result(self.policy.soft_seconds)
        except TimeoutError as error:
            if loading.done():
                raise
            return self._stood_in(error)

    def _span(self) -> "AbstractContextManager[Span]":
        attributes = {"cache.namespace": self.namespace.name}
        return get_tracer(__name__).start_as_current_span("cache load", attributes=attributes)

    def _flight(self) -> str:
        """Return the name of the work: who reads after an invalidation never joins who began before it."""
        return f"{self.place.digest}:{self.fence.round(_process)}"

    def _packed(self, answer: Any, begun: float) -> bytes:
        """Return a loader's answer as a flight carries it, and remember it as it is."""
        if isinstance(answer, Unchanged):
            assert self.old is not None  # noqa: S101  (only who was handed an old value may say so)
            answer = Loaded(self.old.value, self.old.life)
        value, life, is_kept = plain(answer)
        seconds = _clock() - begun
        self.namespace.tally.loaded(seconds)
        record = self._recorded(value, life, load_seconds=seconds)
        data = records.encoded(record)
        self._led = data, value, record
        return data if is_kept and self._is_kept(value) else Unshared(data)

    def _is_kept(self, value: Any) -> bool:
        return value is not None or self.policy.negative_seconds > 0

    def _recorded(self, value: Any, life: float, *, load_seconds: float) -> Record:
        return Record(
            created_at=_wall(),
            load_seconds=load_seconds,
            life=life,
            draw=random.random(),
            is_compressed=False,
            stamps=self.fence.stamps or (),
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
        if (is_own and not self._stored(record)) or not self.fence.stands():
            tally.refusals["moved"] += 1
            return False
        tally.fills += 1
        entry = self._entry(value, record)
        self.namespace.heat.note(self.key, entry, loads=1)
        self._remember(entry)
        return True

    def _stored(self, record: Record) -> bool:
        """Offer the record to the store; False when it knows better. Where there is none, memory has to do."""
        if self.fence.stamps is None or not self.policy.is_l3_used:
            return True
        life = record.life or self.policy.l3_seconds
        frame = partial(self._frame, record)
        try:
            return store().fill(self.place, self.fence.stamps, frame, seconds=life + self.policy.grace_seconds)
        except UnavailableError:
            return True

    def _frame(self, record: Record) -> bytes:
        """Return the record as the shared store holds it."""
        packed = records.packed(record, compress_bytes=self.policy.compress_bytes)
        return wrapped(records.encoded(packed), self._place_name(), is_sensitive=self.policy.is_sensitive)

    def _stood_in(self, error: Exception) -> Outcome[Any]:
        """Return the old value for a load that failed; raise the error where there is none."""
        self.namespace.tally.failures += 1
        old = self.old
        if old is None or not is_unmoved(old.fences):
            raise error
        return Outcome(old.value, "stale", _clock() - old.loaded_at, is_stale=True, cause=self.cause)


def _process() -> str:
    return f"{PROCESS}:{os.getpid()}"


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
        found = reading.judged(answer)
        reading.observe()
        if found is not None:
            yield reading, found
