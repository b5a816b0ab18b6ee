"""What this process would give out now under some tags, and whether that is older than it may be."""

import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from apps.caching.finding import Finding, life_of
from apps.caching.memory import Entry
from apps.caching.namespace import CONFIRM_SECONDS, namespaces
from apps.caching.sessions import sessions
from apps.caching.stores.store import Answer
from apps.caching.tag import Tag, is_unmoved, tags

if TYPE_CHECKING:
    from apps.caching.keys import Key
    from apps.caching.namespace import Namespace

SCANNED, TAKEN = 5_000, 20  # entries of each shelf that are looked through, the latest; keys that are judged
MARGIN_SECONDS = 0.25  # a load may end just after an invalidation and before it is told; clocks differ a little
_clock, _wall = time.monotonic, time.time


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """An entry under the tags, and where it is."""

    namespace: "Namespace[Any]"
    key: "Key"
    level: str
    session: str | None
    entry: Entry

    @property
    def is_given(self) -> bool:
        """Whether a reader would be given it now, as the namespace decides it."""
        policy, entry, now = self.namespace.policy.current, self.entry, _clock()
        if not policy.is_enabled or not is_unmoved(entry.fences) or self._current() is not entry:
            return False
        if self.level == "L1":
            return now - entry.stored_at < policy.l1_seconds
        is_looked_at = now - entry.stored_at < CONFIRM_SECONDS and now - entry.kept_at < policy.l2_seconds
        return is_looked_at and now - entry.loaded_at < life_of(entry, policy)

    @property
    def created_at(self) -> float:
        """When the value was made, in seconds since 1970."""
        return _wall() - (_clock() - self.entry.loaded_at)

    def fault(self, answer: Answer, *, invalidated_at: float) -> str:
        """Return why it may not be given out any more, empty if it may; `answer` is what the store says."""
        if answer.stamps is None:  # somebody is about to write: the next look will tell
            return ""
        if self.entry.stamps and self.entry.stamps != answer.stamps:
            return "other stamps than the store's"
        return "loaded before the invalidation" if self.created_at + MARGIN_SECONDS < invalidated_at else ""

    def stored_fault(self, answer: Answer, *, invalidated_at: float) -> str:
        """Return why what the store has may not be given out, though its stamps are those of now; empty if it may."""
        if answer.stamps is None or answer.data is None:
            return ""
        record = Finding(self.namespace, self.key, None).opened(answer.data)
        is_given = record is not None and record.stamps == answer.stamps
        is_old = record is not None and record.created_at + MARGIN_SECONDS < invalidated_at
        return "loaded before the invalidation" if is_given and is_old else ""

    def _current(self) -> Entry | None:
        if self.session is None:
            return self.namespace.shelf.entries.get(self.key)
        return sessions.get(self.session, (self.namespace.name, self.key))


def seen_under(names: Sequence[str]) -> list[Seen]:
    """Return entries of this process's memory under the tags, as many as are judged at a time. Does not block."""
    known = tags.known(names)
    if not known:
        return []
    return list(islice(_all_under(known), TAKEN))


def _all_under(known: Collection[Tag]) -> Iterator[Seen]:
    """Yield the entries under the tags, of each shelf among those that were stored last."""
    by_name = {one.name: one for one in namespaces()}
    for namespace in by_name.values():
        shelf = namespace.shelf
        for key, entry in islice(shelf.all(), max(0, len(shelf.entries) - SCANNED), None):
            if _is_under(entry, known):
                yield Seen(namespace=namespace, key=key, level="L1", session=None, entry=entry)
    for session, (name, key), entry in islice(sessions.all(), SCANNED):
        if name in by_name and _is_under(entry, known):
            yield Seen(namespace=by_name[name], key=key, level="L2", session=session, entry=entry)


def _is_under(entry: Entry, known: Collection[Tag]) -> bool:
    for tag, _ in entry.fences:  # noqa: SIM110  (a generator costs three times as much)
        if tag in known:
            return True
    return False
