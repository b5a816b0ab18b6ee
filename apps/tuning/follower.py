"""The thread that keeps this process in step: woken by the bus, and by the clock where the bus is silent."""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from threading import Event, Thread

from django.db import DatabaseError, close_old_connections, connection
from django.utils import timezone

from apps.backplane.bus import Bus
from apps.tuning.current import refresh
from apps.tuning.models import PolicyFollower
from apps.tuning.services.changes import TOPIC

logger = logging.getLogger(__name__)
POLL_SECONDS = 4.0  # an effect within five, whatever the bus does
SEEN_SECONDS = 30.0
LOAD_SECONDS = 5.0
STOP_SECONDS = 2.0
FORGOTTEN_AFTER = timedelta(minutes=5)


class Follower:
    """Obeys new revisions, and says in the database that it does."""

    def __init__(
        self,
        bus: Bus,
        *,
        poll_seconds: float = POLL_SECONDS,
        seen_seconds: float = SEEN_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._bus, self._clock = bus, clock
        self._poll_seconds, self._seen_seconds = poll_seconds, seen_seconds
        self._origin = bus.status().origin
        self._is_loaded, self._wake, self._stopping = Event(), Event(), Event()
        self._told_revision, self._told_at = -1, 0.0
        self._is_failing = False
        self._thread = Thread(target=self._run, name="policies", daemon=True)
        self._unsubscribe: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Load the policies, then follow; may be called from an event loop's thread, for all queries are its own.

        Blocks until they are loaded, for a few seconds at most: without a database the defaults hold for now.
        """
        self._unsubscribe = self._bus.subscribe(TOPIC, lambda _: self._wake.set(), lambda _: self._wake.set())
        self._thread.start()
        self._is_loaded.wait(LOAD_SECONDS)

    def stop(self) -> None:
        """End the thread; blocks for the query under way, two seconds at most."""
        self._unsubscribe()
        self._stopping.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout=STOP_SECONDS)

    def step(self) -> None:
        """Catch up once. A database that fails is told once and asked again at the next turn."""
        try:
            self._tell(refresh())
            self._is_failing = False
        except DatabaseError as error:
            if not self._is_failing:
                logger.warning("The policies cannot be read (%s): what was loaded last holds.", error)
            self._is_failing = True

    def _run(self) -> None:
        while not self._stopping.is_set():
            self.step()
            close_old_connections()
            self._is_loaded.set()
            self._wake.wait(self._poll_seconds)
            self._wake.clear()
        with suppress(DatabaseError):  # whoever is not taken off the list falls off it in five minutes
            PolicyFollower.objects.filter(origin=self._origin).delete()
        connection.close()

    def _tell(self, revision: int) -> None:
        now = self._clock()
        if revision == self._told_revision and now - self._told_at < self._seen_seconds:
            return
        seen_at = timezone.now()
        PolicyFollower.objects.update_or_create(
            origin=self._origin, defaults={"revision": revision, "seen_at": seen_at}
        )
        PolicyFollower.objects.filter(seen_at__lt=seen_at - FORGOTTEN_AFTER).delete()
        self._told_revision, self._told_at = revision, now
