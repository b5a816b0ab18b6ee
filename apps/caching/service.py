"""The cache as a part of the server: begins and ends with it."""

import logging
from threading import Event, Thread

from django.db import DatabaseError, close_old_connections, connection

from apps.backplane.current import bus
from apps.caching.ahead import Ahead
from apps.caching.current import store
from apps.caching.exceptions import UnavailableError
from apps.caching.refreshing import refresher
from apps.caching.warming.ranking import Ranking
from apps.caching.watching.auditor import Auditor
from apps.caching.watching.reporter import Reporter

logger = logging.getLogger(__name__)
TEND_SECONDS = 1.0  # what Redis missed is delivered within so long of its return
STOP_SECONDS = 2.0


class Caching:
    """A thread that tends the store: delivers what it missed, writes what waits or is hot, removes what is over.

    Beside it, who tells what was counted, who looks whether invalidations were obeyed, who loads anew what was
    invalidated while it was read, and who has the store confirm what is being asked for.
    """

    def __init__(self, *, tend_seconds: float = TEND_SECONDS) -> None:
        self._tend_seconds = tend_seconds
        self._stopping = Event()
        self._is_failing = False
        self._ranking = Ranking()
        self._ahead = Ahead()
        self._thread = Thread(target=self._run, name="caching", daemon=True)
        self._watching: tuple[Reporter, Auditor] | None = None

    def start(self) -> None:
        """Begin. Does not block."""
        self._watching = Reporter(bus()), Auditor(bus())
        for part in self._watching:
            part.start()
        refresher.start()
        self._ahead.start()
        self._thread.start()

    def stop(self) -> None:
        """Write what waits and end; blocks for eight seconds at most."""
        for part in self._watching or ():
            part.stop()
        refresher.stop()
        self._ahead.stop()
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=STOP_SECONDS)

    def step(self, *, is_last: bool = False) -> None:
        """Tend the store once, the last time with all that waits.

        A database that fails is told once and asked again at the next turn.
        """
        try:
            store().tend()
            self._ranking.tend(is_last=is_last)
            self._is_failing = False
        except (DatabaseError, UnavailableError) as error:
            if not self._is_failing:
                logger.warning("The cache cannot be tended (%s).", error)
            self._is_failing = True

    def _run(self) -> None:
        while not self._stopping.wait(self._tend_seconds):
            self.step()
            close_old_connections()
        self.step(is_last=True)
        connection.close()
