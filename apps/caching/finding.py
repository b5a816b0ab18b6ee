"""What memory and store have for a key: looked up, checked against fences and stamps, judged by age."""

import math
import random
import time
from typing import TYPE_CHECKING, Any

from apps.caching import record as records
from apps.caching import transactions
from apps.caching.answers import Outcome
from apps.caching.current import store
from apps.caching.envelope import unwrapped
from apps.caching.exceptions import EntryError, UnavailableError
from apps.caching.fence import Fence
from apps.caching.keys import Key
from apps.caching.memory import Entry
from apps.caching.observer import block_of, generation_of, word_of
from apps.caching.policy import CachePolicy
from apps.caching.record import Record
from apps.caching.sessions import sessions
from apps.caching.stores.store import Answer
from apps.caching.tag import is_unmoved, tags

if TYPE_CHECKING:
    from apps.caching.namespace import Namespace

DRAW_MAX = 37.0  # above the largest -log(1 - random()), which is 53 * log(2)
_clock = time.monotonic


def life_of(entry: Entry, policy: CachePolicy) -> float:
    """Return how many seconds the entry's value is good for, by the policy of now."""
    life = entry.life or (policy.negative_seconds if entry.value is None else policy.l3_seconds)
    return life * (1.0 - policy.jitter_percent / 100 * entry.draw)


class Finding:
    """One look for one key. `cause` says why there was nothing to give, `old` what may stand in for a load."""

    __slots__ = ("asked_at", "cause", "fence", "key", "namespace", "old", "place", "policy", "session")

    def __init__(self, namespace: "Namespace[Any]", key: Key, session: str | None) -> None:
        self.namespace, self.key, self.session = namespace, key, session
        self.policy: CachePolicy = namespace.policy.current
        self.place = namespace.place(key)
        self.fence = Fence()
        self.old: Entry | None = None
        self.cause = "cold"
        self.asked_at = 0.0

    def found(self) -> Outcome[Any] | None:
        """Return what the store has, or what it confirms of this process's own; else None and `cause`."""
        outcome = self.looked_for()
        self.observe()
        return outcome

    def observe(self) -> None:
        """Have the read observed, if the store answered."""
        if self.fence.stamps is not None:
            word, generation = word_of(self.place.digest), generation_of(self.fence.stamps)
            self.namespace.observer.asked(word, generation, self.session, is_on=self.policy.is_observed)

    def looked_for(self) -> Outcome[Any] | None:
        """Return as `found` does; counts as no read."""
        if not self.may_ask():
            return None
        own = self._own()
        try:
            if own is not None and not self._is_over(own):
                [answer] = store().read([self.place], with_entries=False)
                self.fence.hear(answer.stamps)
                if self.fence.covers(own.stamps):
                    return self._judged_by_age(own)
                self.cause, own = "invalidated", None
            [answer] = store().read([self.place], with_entries=self.policy.is_l3_used)
        except UnavailableError:
            self.cause, self.old = "error", own
            return None
        return self.judged(answer)

    def judged(self, answer: Answer) -> Outcome[Any] | None:
        """Return the entry of an answer if it is one to be given out; note the stamps."""
        if not self.fence.hear(answer.stamps):
            self.cause = "held"
            return None
        if answer.data is None:
            return None
        record = self.opened(answer.data)
        if record is None:
            return None
        if not self.fence.covers(record.stamps):
            self.cause = "invalidated"
            return None
        return self._taken(record)

    def opened(self, data: bytes) -> Record | None:
        """Return the record that the store's bytes hold; None and `cause` if they are none of ours."""
        try:
            return records.decoded(unwrapped(data, self._place_name(), is_sensitive=self.policy.is_sensitive))
        except EntryError:
            self.cause = "corrupt"
            return None

    def drop(self) -> None:
        """Have the store forget the entry; one that does not answer forgets it by itself, in time."""
        try:
            store().drop(self.place.digest)
        except UnavailableError:
            return

    def may_ask(self) -> bool:
        """Return whether the store may be asked at all, and take the fences; else say why in `cause`."""
        if not self.policy.is_enabled:
            self.cause = "disabled"
        elif transactions.is_inside():
            self.cause = "bypass"
        else:
            self.asked_at = _clock()
            if self.fence.take(tags.of(self.place.tags)):
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
        if entry.word != word_of(self.place.digest):  # the namespace was cleared since
            return None
        if not is_unmoved(entry.fences):
            self.cause = "invalidated"
            return None
        age = _clock() - entry.loaded_at
        return entry if age < life_of(entry, self.policy) + self.policy.grace_seconds else None

    def _is_over(self, entry: Entry) -> bool:
        """Return whether a session's copy was kept as long as one may be: the value is asked for as a whole again."""
        seconds = self.policy.l2_seconds
        if self.session is None or not seconds or _clock() - entry.kept_at < seconds:
            return False
        self.cause = "expired"
        return True

    def _taken(self, record: Record) -> Outcome[Any] | None:
        try:
            value = self.namespace.codec.value(record)
        except EntryError:
            self.cause = "corrupt"
            return None
        return self._judged_by_age(self._entry(value, record))

    def _judged_by_age(self, entry: Entry) -> Outcome[Any] | None:
        """Give the entry out while its life lasts and it is not time to load early; else it may stand in."""
        now, life = _clock(), life_of(entry, self.policy)
        age = now - entry.loaded_at
        if age >= life + self.policy.grace_seconds:
            self.cause = "expired"
            return None
        if age >= life or self._is_early(entry, life - age):
            self.cause, self.old = "expired" if age >= life else "early", entry
            return None
        self._remember(entry)
        self.namespace.tally.l3 += 1
        self.namespace.heat.note(self.key, entry, l3=1)
        return Outcome(entry.value, "L3", age)

    def _is_early(self, entry: Entry, left: float) -> bool:
        """Source: Vattani et al., "Optimal Probabilistic Cache Stampede Prevention", 2015."""
        reach = entry.load_seconds * self.policy.early_beta
        if left > reach * DRAW_MAX:  # most reads are far from the end, and need no draw
            return False
        return left < reach * -math.log(1.0 - random.random())

    def _place_name(self) -> str:
        return f"{self.namespace.name}:{self.namespace.version}:{self.place.digest}"

    def _entry(self, value: Any, record: Record) -> Entry:
        """Return the record as this process holds it."""
        now = _clock()
        size = self.namespace.scale.weigh(value, len(record.payload))
        word = word_of(self.place.digest)
        return Entry(
            value=value,
            fences=self.fence.versions or (),
            stamps=self.fence.stamps or (),
            stored_at=now,
            kept_at=now,
            loaded_at=now - record.age(),
            load_seconds=record.load_seconds,
            life=record.life,
            draw=record.draw,
            size=size,
            word=word,
            block=block_of(word),
            generation=generation_of(self.fence.stamps or ()),
            asked_at=now,
        )

    def _remember(self, entry: Entry) -> None:
        """Put the entry on the shelves, unless something moved since the fences were taken.

        Its stamps were those of that moment; however long a load took since then, nobody has looked again.
        """
        if not self.fence.stands():
            return
        is_kept_for_session = self.session is not None and self.policy.l2_seconds
        if not self.policy.l1_seconds and not is_kept_for_session:
            return
        fresh = entry.looked_at(self.asked_at, fences=self.fence.versions or ())
        fresh.asked_at = _clock()
        if self.policy.l1_seconds:
            self.namespace.shelf.put(self.key, fresh, limit_bytes=self.policy.l1_bytes)
        if self.session is not None and is_kept_for_session:
            sessions.put(self.session, (self.namespace.name, self.key), fresh)
