"""Confirms ahead, beside the requests: what is being asked for has its stamps looked at before somebody waits for it.

A copy in memory may be given out for some seconds after its stamps were looked at. Whoever came next would wait for a
round trip to the store; a thread asks it for many copies in one.
"""

import logging
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from threading import Event, Thread
from typing import Any, NamedTuple

from django.db import close_old_connections, connection

from apps.caching.current import store
from apps.caching.exceptions import UnavailableError
from apps.caching.finding import DRAW_MAX, life_of
from apps.caching.keys import Key
from apps.caching.memory import Entry
from apps.caching.namespace import CONFIRM_SECONDS, Namespace, namespaces
from apps.caching.observer import word_of
from apps.caching.policy import CachePolicy
from apps.caching.sessions import sessions
from apps.caching.stores.store import Place
from apps.caching.tag import is_unmoved

logger = logging.getLogger(__name__)
EVERY_SECONDS = 0.25  # little by little: whoever is served waits for a thread that is busy
AHEAD_SECONDS = 2.0  # before its time is over a copy is looked at: there is another try
ASKED_SECONDS = 30.0  # whoever asked for it last, asked within so long
AT_ONCE = 64  # copies a round trip
STOP_SECONDS = 2.0


class Due(NamedTuple):
    """A copy that soon needs a look, of a session or of all."""

    namespace: Namespace[Any]
    policy: CachePolicy
    key: Key
    session: str | None
    entry: Entry

    @property
    def tags(self) -> tuple[str, ...]:
        """The names of what it is made of, in the order of its stamps."""
        return tuple([tag.name for tag, _ in self.entry.fences])

    @property
    def is_of_now(self) -> bool:
        """Whether the namespace was not cleared since it was stored."""
        digest = self.namespace.digest(self.key, self.policy.clearings)
        return word_of(digest) == self.entry.word

    def swap(self, fresh: Entry) -> None:
        """Put a copy that was looked at in its place, if it is still there."""
        if self.session is None:
            self.namespace.shelf.swap(self.key, self.entry, fresh)
        else:
            sessions.swap(self.session, (self.namespace.name, self.key), self.entry, fresh)


class Ahead:
    """A thread, while a server runs. It walks what is in memory; the store is asked of what somebody asks for alone."""

    def __init__(self) -> None:
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="confirming", daemon=True)

    def start(self) -> None:
        """Begin. Does not block."""
        self._thread.start()

    def stop(self) -> None:
        """End; blocks for two seconds at most."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=STOP_SECONDS)

    def step(self) -> None:
        """Look at all that is due. Blocks for a round trip for each 64; without the store for none."""
        due = all_due(time.monotonic())
        try:
            while batch := list(islice(due, AT_ONCE)):
                self._confirm(batch)
        except UnavailableError:
            return

    def _confirm(self, batch: Sequence[Due]) -> None:
        now, standing = time.monotonic(), [due for due in batch if is_unmoved(due.entry.fences) and due.is_of_now]
        if not standing:
            return
        answers = store().read([Place("", due.tags) for due in standing], with_entries=False)
        for due, answer in zip(standing, answers, strict=True):
            is_current = answer.stamps == due.entry.stamps and is_unmoved(due.entry.fences)
            if is_current and due.namespace.policy.current is due.policy:
                due.swap(due.entry.looked_at(now, fences=due.entry.fences))

    def _run(self) -> None:
        is_failing = False
        while not self._stopping.wait(EVERY_SECONDS):
            try:
                self.step()
                close_old_connections()
                is_failing = False
            except Exception:  # whoever asks next waits for the store, and is told
                if not is_failing:
                    logger.exception("Nothing is confirmed ahead")
                is_failing = True
        connection.close()


def all_due(now: float) -> Iterator[Due]:
    """Yield the copies that may be given out, were asked for lately, and soon need a look."""
    known = {one.name: (one, one.policy.current) for one in namespaces() if one.policy.current.is_enabled}
    for namespace, policy in known.values():
        if policy.l1_seconds > AHEAD_SECONDS:
            for key, entry in namespace.shelf.all():
                if is_due(entry, now, policy.l1_seconds) and lasts(entry, policy, now):
                    yield Due(namespace, policy, key, None, entry)
    asked = ((session, shelf) for session, shelf in sessions.shelves() if now - shelf.asked_at < ASKED_SECONDS)
    for session, shelf in asked:
        for (name, key), entry in shelf.all():
            if name in known and is_due(entry, now, CONFIRM_SECONDS) and is_session_s(entry, known[name][1], now):
                yield Due(*known[name], key, session, entry)


def is_due(entry: Entry, now: float, seconds: float) -> bool:
    """Return whether a copy that is good for so many seconds after a look soon needs one, and anybody wants it."""
    return seconds - AHEAD_SECONDS < now - entry.stored_at < seconds and now - entry.asked_at < ASKED_SECONDS


def is_session_s(entry: Entry, policy: CachePolicy, now: float) -> bool:
    """Return whether a session may have the copy for a while yet."""
    return now - entry.kept_at < policy.l2_seconds and lasts(entry, policy, now)


def lasts(entry: Entry, policy: CachePolicy, now: float) -> bool:
    """Return whether the value is good for a while yet: when it may be time to load early, a reader has to look."""
    early = entry.load_seconds * policy.early_beta * DRAW_MAX
    return life_of(entry, policy) - (now - entry.loaded_at) > early
