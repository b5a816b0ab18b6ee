"""Looks whether invalidations were obeyed: a sample of them, after a tenth of a second, one and ten, in every process.

Off the path of reads and writes: in a thread that sleeps while nothing is due.
"""

import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from threading import Condition, Thread
from typing import Any, NamedTuple

from django.db import DatabaseError, close_old_connections, connection

from apps.backplane.bus import Bus
from apps.backplane.census import ignore_loss
from apps.backplane.envelope import Envelope
from apps.caching.current import store
from apps.caching.exceptions import UnavailableError
from apps.caching.signals import freshness_violated, tags_invalidated
from apps.caching.statistics import freshness
from apps.caching.stores.store import Answer
from apps.caching.topic import TAGS
from apps.caching.watching.journal import History, write
from apps.caching.watching.look import Seen, seen_under

logger = logging.getLogger(__name__)
TOPIC = "caching.audit"
LOOKS_SECONDS = (0.1, 1.0, 10.0)
APART_SECONDS, TAGS_MAX, WAITING_MAX = 1.0, 5, 200  # one invalidation a second and process is looked after
SETTLE_SECONDS = 0.1  # what is found must last longer than level 1 may be behind
ALONE_SECONDS = 5.0  # so long a process that hears nobody may be behind
STOP_SECONDS = 2.0
_clock, _wall = time.monotonic, time.time


class Look(NamedTuple):
    """What is to be looked after, and when; `seconds` after the invalidation, which was at `at`, since 1970."""

    due: float
    seconds: float
    at: float
    names: tuple[str, ...]


class Auditor:
    """Of one process. Who invalidates tells all; each looks at its own memory, and at what the store has of it."""

    def __init__(self, bus: Bus, *, apart_seconds: float = APART_SECONDS) -> None:
        self._bus, self._apart_seconds = bus, apart_seconds
        self._told_at = float("-inf")
        self._due: list[Look] = []
        self._changed = Condition()
        self._is_stopping = False
        self._history: History = deque(maxlen=500)
        self._stops: list[Callable[[], None]] = []
        self._thread = Thread(target=self._run, name="caching-audit", daemon=True)

    def start(self) -> None:
        """Begin. Does not block."""
        self._stops = [
            self._bus.subscribe(TOPIC, self._hear, ignore_loss),
            self._bus.subscribe(TAGS, self._note, ignore_loss),
        ]
        tags_invalidated.connect(self._tell, dispatch_uid=f"caching.auditor:{id(self)}")
        self._thread.start()

    def stop(self) -> None:
        """End; blocks for two seconds at most."""
        tags_invalidated.disconnect(dispatch_uid=f"caching.auditor:{id(self)}")
        for stop in self._stops:
            stop()
        with self._changed:
            self._is_stopping = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(timeout=STOP_SECONDS)

    def step(self) -> float | None:
        """Do what is due; return in how many seconds the next look is, if there is one. Blocks for the store."""
        while look := self._next():
            self.look(look)
        with self._changed:
            return max(0.0, self._due[0].due - _clock()) if self._due else None

    def look(self, look: Look) -> None:
        """Judge what this process has under the tags; write down what is older than it may be."""
        if look.seconds < ALONE_SECONDS and not self._bus.status().is_connected:
            return
        seen = seen_under(look.names)
        freshness.checks += len(seen)
        suspects = [(one, answer) for one, answer in _answers(seen) if self._faults(one, answer, look)]
        if not suspects or self._has_stopped(SETTLE_SECONDS):
            return
        found: set[tuple[str, object, str, str | None]] = set()
        for one, answer in _answers([one for one, _ in suspects]):
            for level, why in self._faults(one, answer, look):
                where = (one.namespace.name, one.key, level, None if level == "L3" else one.session)
                if where not in found:  # memory may have several copies of what the store has once
                    found.add(where)
                    self._found(one, level, why, look, answer)

    def _faults(self, seen: Seen, answer: Answer, look: Look) -> list[tuple[str, str]]:
        """Return levels that would give out what they may not, with the reason."""
        memory = seen.fault(answer, invalidated_at=look.at) if seen.is_given else ""
        stored = seen.stored_fault(answer, invalidated_at=look.at)
        return [(level, why) for level, why in ((seen.level, memory), ("L3", stored)) if why]

    def _found(self, seen: Seen, level: str, why: str, look: Look, answer: Answer) -> None:
        digest = seen.namespace.place(seen.key).digest
        logger.error("The cache would give out %s %s at %s: %s.", seen.namespace.name, digest, level, why)
        freshness_violated.send_robust(Auditor, namespace=seen.namespace.name, digest=digest, level=level, why=why)
        origin = self._bus.status().origin
        try:
            write(seen, level=level, why=why, tag=look.names[0], seconds=_wall() - look.at, origin=origin,
                  answer=answer, history=self._history)  # fmt: skip
        except DatabaseError as error:
            logger.warning("What the auditor of the cache found cannot be written down (%s).", error)
        freshness.violations += 1

    def _tell(self, names: Sequence[str], **_: Any) -> None:
        """Have one of many invalidations looked after, by all."""
        now = _clock()
        if now - self._told_at >= self._apart_seconds:
            self._told_at = now
            self._bus.publish(TOPIC, {"at": _wall(), "tags": list(names[:TAGS_MAX])})

    def _hear(self, envelope: Envelope) -> None:
        now, names = _clock(), tuple(envelope.payload["tags"])
        with self._changed:
            if len(self._due) < WAITING_MAX:
                for seconds in LOOKS_SECONDS:
                    heappush(self._due, Look(now + seconds, seconds, envelope.payload["at"], names))
            self._changed.notify_all()

    def _note(self, envelope: Envelope) -> None:
        self._history.append((_clock(), envelope.origin, tuple(envelope.payload or ())))

    def _next(self) -> Look | None:
        with self._changed:
            is_due = self._due and self._due[0].due <= _clock() and not self._is_stopping
            return heappop(self._due) if is_due else None

    def _has_stopped(self, seconds: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self._is_stopping, seconds)

    def _run(self) -> None:
        while not self._is_stopping:
            seconds = self.step()
            close_old_connections()
            with self._changed:
                if not self._is_stopping and not (self._due and self._due[0].due <= _clock()):
                    self._changed.wait(seconds)
        connection.close()


def _answers(seen: Sequence[Seen]) -> list[tuple[Seen, Answer]]:
    """Return what the store has for each; nothing where it does not answer. Blocks for a round trip."""
    if not seen:
        return []
    try:
        answers = store().read([one.namespace.place(one.key) for one in seen])
    except UnavailableError:
        return []
    return list(zip(seen, answers, strict=True))
