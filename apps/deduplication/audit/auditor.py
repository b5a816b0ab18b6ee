"""The thread that brings executions to the database and judges them; nothing waits for it."""

import logging
import time
from contextlib import suppress
from threading import Event, Thread

from django.db import DatabaseError, close_old_connections, connection

from apps.deduplication.audit.journal import Journal
from apps.deduplication.audit.ring import Ring
from apps.deduplication.signals import duplicate_found

logger = logging.getLogger(__name__)
FLUSH_SECONDS = 2.0
SETTLED_NS = 500_000_000  # what ended just now may still learn that its lead was lost
LONG_NS = 1_000_000_000
FLUSHES_PER_PRUNE = 150
STOP_SECONDS = 2.0


class Auditor:
    """Follows a ring. `duplicates` counts what this process found: undeclared overlaps, which must stay 0."""

    def __init__(self, ring: Ring, *, flush_seconds: float = FLUSH_SECONDS) -> None:
        self._ring, self._flush_seconds = ring, flush_seconds
        self._journal = Journal()
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="auditor", daemon=True)
        self._flushes = 0
        self._is_failing = False
        self.duplicates = 0

    def start(self) -> None:
        """Begin; does not block."""
        self._thread.start()

    def stop(self) -> None:
        """Store what is left and end the thread; blocks for two seconds at most."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=STOP_SECONDS)

    def flush(self, *, settled_ns: int = SETTLED_NS) -> None:
        """Store and judge what there is. A database that fails is told once, and given the same again."""
        now = time.monotonic_ns()
        ended = self._ring.take(ended_before_ns=now - settled_ns)
        running = [one for one in self._ring.running() if one.started_ns < now - LONG_NS]
        try:
            if ended or running:
                self._journal.write(ended=ended, running=running)
                ended = []
            self._judge()
            self._is_failing = False
        except DatabaseError as error:
            self._ring.put_back(ended)
            if not self._is_failing:
                logger.warning("The auditor cannot reach the database: %s", error)
            self._is_failing = True

    def _judge(self) -> None:
        if found := self._journal.judge():
            self.duplicates += found
            logger.error("Shared work was executed %d times beside another of the same key.", found)
            duplicate_found.send_robust(Auditor, count=found)
        self._flushes += 1
        if self._flushes % FLUSHES_PER_PRUNE == 0:
            self._journal.prune()

    def _run(self) -> None:
        while not self._stopping.wait(self._flush_seconds):
            self.flush()
            close_old_connections()
        with suppress(DatabaseError):  # the process ends: what cannot be stored now is lost with it
            self.flush(settled_ns=0)
        connection.close()
