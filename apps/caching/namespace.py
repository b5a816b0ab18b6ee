"""A namespace: one kind of value, declared once. The public face of the cache."""

import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, Generic, TypeAlias, TypeVar

from apps.caching import dependencies, transactions
from apps.caching.answers import DoNotStore, Loaded, Old, Outcome, Unchanged
from apps.caching.desk import ask
from apps.caching.exceptions import DeclarationError
from apps.caching.family import wide_tags
from apps.caching.finding import life_of
from apps.caching.keys import Key, digest_of
from apps.caching.memory import Entry, Scale, Shelf
from apps.caching.observer import Observer
from apps.caching.policy import CachePolicy
from apps.caching.reading import Reading, found_many
from apps.caching.record import Codec
from apps.caching.sessions import sessions
from apps.caching.statistics import Tally
from apps.caching.stores.store import Place
from apps.caching.transactions import writing
from apps.caching.warming.heat import EVERY, Heat
from apps.deduplication.flights.policy import FlightPolicy
from apps.deduplication.flights.scope import Scope
from apps.tuning.registry import declare

T = TypeVar("T")
Answered: TypeAlias = T | Loaded[T] | DoNotStore[T] | Unchanged
Load: TypeAlias = Callable[[], Answered[T]]
LoadAsync: TypeAlias = Callable[[], Awaitable[Answered[T]]]
Refresh: TypeAlias = Callable[[Old[T]], Answered[T]]
RefreshAsync: TypeAlias = Callable[[Old[T]], Awaitable[Answered[T]]]
CONFIRM_SECONDS = 4.0
ASKED_APART = 1.0  # seconds between two notes that a copy was asked for: to write it takes a few hundredths of a hit
SHORT_SECONDS = 0.1  # by which level 1 may outlast a value's life, without a look at it at each hit
PLACES = 1_024  # of those asked for last, their names in stores are remembered: half a megabyte at most

_clock = time.monotonic
_namespaces: dict[str, "Namespace[Any]"] = {}


class Namespace(Generic[T]):
    """`HISTORY = Namespace("chat.history", title="…", value=Page, tags=lambda key: …)` in an app's `policy` module.

    A key is a tuple of all a value depends on: who may see it is part of it, or is asked before. `tags` says what the
    value is made of; without it the key is a tag of its own. `version` is raised when the type changes. `warm` is the
    path of a function that loads a value by its key alone, for what is loaded before anybody asks.
    """

    def __init__(
        self,
        name: str,
        *,
        title: str,
        value: type[T],
        tags: Callable[[Any], Iterable[str]] | None = None,
        version: int = 1,
        warm: str = "",
        policy: type[CachePolicy] = CachePolicy,
        flights: type[FlightPolicy] = FlightPolicy,
    ) -> None:
        if name in _namespaces:
            raise DeclarationError(f"Two namespaces are named {name}.")
        plain_name = name.replace(".", "_")
        self.name, self.title, self.version = name, title, version
        self.codec = Codec(value)
        self.policy = declare(policy, name=f"cache_{plain_name}", title=title)
        self.scope = Scope(name=f"cache_{plain_name}", title=f"Flights: {title}", policy=flights)
        self.tally, self.shelf, self.scale = Tally(), Shelf[Key](), Scale()
        self.warm, self.heat = warm, Heat()
        self.observer = Observer(self.tally)
        self._tags = tags
        self._places = lru_cache(maxsize=PLACES)(self._place)
        _namespaces[name] = self

    def get_or_load(
        self, key: Key, load: Load[T], *, session: str | None = None, refresh: Refresh[T] | None = None
    ) -> T:
        """Return the value, from the nearest level that has it, else from the loader. Blocks, if it must.

        Identical loads under way are one. `session` names whose copy is kept at level 2. Inside a transaction the
        loader is asked where memory has nothing, and nothing is kept. `refresh` is asked instead of `load` where an old
        value is at hand that nobody invalidated. Raises what the loader raises, where no
        value can stand in, or FlightTimeoutError.
        """
        entry = self._near(key, session)
        if entry is not None:
            if dependencies.heard.parts is not None:
                dependencies.note(tuple(tag.name for tag, _ in entry.fences), entry.stamps, "L1")
            return entry.value  # type: ignore[no-any-return]
        return Reading(self, key, session).run(load, refresh).value  # type: ignore[no-any-return]

    def outcome(
        self, key: Key, load: Load[T], *, session: str | None = None, refresh: Refresh[T] | None = None
    ) -> Outcome[T]:
        """Return as `get_or_load` does, with the level, the age, and whether it only stands in."""
        return self._told(key, session) or Reading(self, key, session).run(load, refresh)

    async def get_or_load_async(
        self, key: Key, load: LoadAsync[T], *, session: str | None = None, refresh: RefreshAsync[T] | None = None
    ) -> T:
        """Return as `get_or_load` does, without blocking the loop."""
        entry = self._near(key, session)
        if entry is not None:
            return entry.value  # type: ignore[no-any-return]
        return (await Reading(self, key, session).run_async(load, refresh)).value  # type: ignore[no-any-return]

    async def outcome_async(
        self, key: Key, load: LoadAsync[T], *, session: str | None = None, refresh: RefreshAsync[T] | None = None
    ) -> Outcome[T]:
        """Return as `outcome` does, without blocking the loop."""
        return self._told(key, session) or await Reading(self, key, session).run_async(load, refresh)

    def peek(self, key: Key, *, session: str | None = None) -> Outcome[T] | None:
        """Return what this process has in memory and may give out without asking anybody. Never blocks."""
        return self._told(key, session)

    def near(self, key: Key, *, session: str | None = None) -> Entry | None:
        """Return the entry that `peek` tells of, as it is: for whoever counts nanoseconds. Never blocks."""
        return self._of_process(key, None) if session is None else self._near(key, session)

    def get(self, key: Key, *, session: str | None = None) -> Outcome[T] | None:
        """Return what some level has, or None. Blocks for a round trip, if it must."""
        return self._told(key, session) or Reading(self, key, session).found()

    async def get_async(self, key: Key, *, session: str | None = None) -> Outcome[T] | None:
        """Return as `get` does, without blocking the loop."""
        return self._told(key, session) or await ask(Reading(self, key, session).found)

    def get_many(self, keys: Iterable[Key], *, session: str | None = None) -> Mapping[Key, T]:
        """Return the values of those keys that some level has. Blocks for one round trip, if it must."""
        near = {key: self._near(key, session) for key in keys}
        values = {key: entry.value for key, entry in near.items() if entry is not None}
        missing = [Reading(self, key, session) for key, entry in near.items() if entry is None]
        return values | {reading.key: outcome.value for reading, outcome in found_many(missing)}

    def set(self, key: Key, value: T, *, seconds: float = 0.0, session: str | None = None) -> bool:
        """Keep a value that is right now; return whether it was kept. Blocks for two round trips.

        What was read before now may be old: let a loader read it. Inside a transaction nothing is kept.
        """
        return Reading(self, key, session).keep(value, seconds=seconds)

    def touch(self, key: Key, *, session: str | None = None) -> bool:
        """Let the value's life begin anew; return whether there was one. Blocks for two or three round trips.

        It is what the shared store calls current, and kept under the stamps by which it was.
        """
        return Reading(self, key, session).keep_on()

    def delete(self, key: Key, *, session: str | None = None) -> None:
        """Forget the value: everywhere and fenced where the key is its own tag, else in this process and the store.

        What values are made of is invalidated by its tag.
        """
        self.shelf.drop(key)
        if session is not None:
            sessions.drop(session, (self.name, key))
        if self._tags is None:
            transactions.invalidate(*self.place(key).tags)
        else:
            Reading(self, key, session).drop()

    def invalidate(self, *tags: str) -> None:
        """Let nothing under the tags be current, in any namespace; in a transaction, after its commit."""
        transactions.invalidate(*tags)

    def tags_of(self, key: Key) -> tuple[str, ...]:
        """Return the tags of the key alone, without those of families as wholes."""
        return (f"{self.name}:{self.place(key).digest}",) if self._tags is None else tuple(self._tags(key))

    def place(self, key: Key) -> Place:
        """Return the entry's name in stores, and all tags it stands under."""
        return self._places(key, self.policy.current.clearings)

    def digest(self, key: Key, clearings: int) -> str:
        """Return the entry's name in stores after so many clearings."""
        return digest_of(key, namespace=self.name, version=self.version, clearings=clearings)

    def _place(self, key: Key, clearings: int) -> Place:
        digest = self.digest(key, clearings)
        tags = (f"{self.name}:{digest}",) if self._tags is None else tuple(self._tags(key))
        return Place(digest, wide_tags(tags))

    def _told(self, key: Key, session: str | None) -> Outcome[T] | None:
        entry, level = self._of_process(key, session), "L1"
        if entry is None:
            entry, level = self._of_session(key, session), "L2"
        return None if entry is None else Outcome(entry.value, level, _clock() - entry.loaded_at)

    def _near(self, key: Key, session: str | None) -> Entry | None:
        return self._of_process(key, session) or self._of_session(key, session)

    def _of_process(self, key: Key, session: str | None) -> Entry | None:
        """Return an entry of level 1 that is current and young enough: the path of every hit."""
        policy = self.policy.current
        entry, now = self.shelf.entries.get(key), _clock()
        if entry is not None and now - entry.stored_at < policy.l1_seconds and policy.is_enabled:
            for tag, version in entry.fences:
                if tag.version != version:
                    break
            else:
                is_over = policy.l1_seconds > SHORT_SECONDS and now - entry.loaded_at >= life_of(entry, policy)
                if not (is_over or (writing.has_noted and self.is_own(entry))):
                    self.tally.l1 += 1
                    if now - entry.asked_at > ASKED_APART:
                        entry.asked_at = now
                    if not self.tally.l1 % EVERY:
                        self.heat.note(key, entry, l1=EVERY)
                    if self.observer.watched[entry.block]:
                        self.observer.saw(entry.word, entry.generation, session)
                    return entry
        return None

    def _of_session(self, key: Key, session: str | None) -> Entry | None:
        """Return an entry of level 2 that is current, young enough, and was looked at lately."""
        policy = self.policy.current
        shelf = sessions.shelf(session) if session is not None and policy.is_enabled else None
        entry = None if shelf is None else shelf.entries.get((self.name, key))
        if shelf is None or entry is None:
            return None
        now = _clock()
        if now - entry.stored_at >= CONFIRM_SECONDS or now - entry.kept_at >= policy.l2_seconds:
            return None
        for tag, version in entry.fences:
            if tag.version != version:
                return None
        if now - entry.loaded_at >= life_of(entry, policy) or (writing.has_noted and self.is_own(entry)):
            return None
        self.tally.l2 += 1
        shelf.asked_at = entry.asked_at = now
        if not self.tally.l2 % EVERY:
            self.heat.note(key, entry, l2=EVERY)
        if self.observer.watched[entry.block]:
            self.observer.saw(entry.word, entry.generation, session)
        return entry

    def is_own(self, entry: Entry) -> bool:
        """Return whether this thread's transaction has invalidated one of the entry's tags."""
        return not transactions.noted().isdisjoint(tag.name for tag, _ in entry.fences)


def namespaces() -> tuple[Namespace[Any], ...]:
    """Return all namespaces by name."""
    return tuple(_namespaces[name] for name in sorted(_namespaces))


def withdraw(name: str) -> None:
    """Take a declaration back: for tests."""
    _namespaces.pop(name, None)
