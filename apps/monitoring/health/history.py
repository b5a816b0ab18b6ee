"""How health changed, in the database: what cannot be written now is written once it can."""

import logging
from collections import deque
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from threading import Event, Thread

from django.db import DatabaseError, InterfaceError, connection

from apps.monitoring.health.finding import Result
from apps.monitoring.health.status import Status
from apps.monitoring.models import HealthChange

logger = logging.getLogger(__name__)
KEPT = timedelta(days=30)
WAITING_MAX = 1_000
AGAIN_SECONDS = 1.0
STOP_SECONDS = 2.0


def prune() -> int:
    """Delete what is older than is kept and return how many. Blocks for a query."""
    return HealthChange.objects.filter(at__lt=datetime.now(UTC) - KEPT).delete()[0]


class History:
    """Hears every result, keeps those that differ from the last, and writes them in a thread of its own."""

    def __init__(self, process: str) -> None:
        self._process = process
        self._before: dict[str, Status] = {}
        self._waiting: deque[HealthChange] = deque(maxlen=WAITING_MAX)
        self._wanted, self._stopping = Event(), Event()
        self._thread = Thread(target=self._run, name="health-history", daemon=True)

    def start(self) -> None:
        """Begin to write; does not block."""
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, if it can be; blocks for two seconds at most."""
        self._stopping.set()
        self._wanted.set()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)

    def take(self, results: Iterable[Result]) -> None:
        """Note what has changed; everything is taken to have been well before. Does not block."""
        for result in results:
            before = self._before.get(result.name, Status.PASS)
            self._before[result.name] = result.status
            if result.status is not before:
                self._waiting.append(self._change(result, before))
                self._wanted.set()

    def write(self) -> None:
        """Write what waits; raise DatabaseError. Blocks."""
        while self._waiting:
            self._waiting[0].save()
            self._waiting.popleft()

    def _change(self, result: Result, before: Status) -> HealthChange:
        return HealthChange(
            check_name=result.name,
            process=self._process,
            before=before.value,
            after=result.status.value,
            output=result.output[:500],
            at=datetime.fromtimestamp(result.at, UTC),
        )

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wanted.wait()
            self._wanted.clear()
            self._written()
        self._written()

    def _written(self) -> None:
        try:
            if self._waiting:
                self.write()
        except (DatabaseError, InterfaceError) as error:
            logger.debug("Changes of health wait for the database: %s", error)
            self._stopping.wait(AGAIN_SECONDS)
            self._wanted.set()
        finally:
            connection.close()
