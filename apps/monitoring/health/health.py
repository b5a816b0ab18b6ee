"""The health of this process and of what it depends on: one report at a time, for all who probe."""

import asyncio
import time
from concurrent.futures import Future
from threading import Event, Lock, Thread

from apps.monitoring.health.checks.check import Check
from apps.monitoring.health.history import History
from apps.monitoring.health.panel import Panel
from apps.monitoring.health.report import Report, report_of
from apps.monitoring.policy.health import HEALTH

UNASKED_SECONDS = 60.0  # for the history: somebody looks, even where nobody probes
PATIENCE_SECONDS = 1.0  # beyond the checks' own timeout, for a machine that is late with everything
STOP_SECONDS = 3.0


class Health:
    """Looks when somebody asks and the last report is over; whoever asks meanwhile gets that one.

    A report is never given out older than it may be kept and a look may take, together.
    """

    def __init__(self, checks: list[Check], history: History) -> None:
        self._checks, self._history = checks, history
        self._report: Report | None = None
        self._next: Future[Report] = Future()
        self._lock, self._wanted, self._stopping = Lock(), Event(), Event()
        self._thread = Thread(target=self._run, name="health", daemon=True)

    def start(self) -> None:
        """Begin; does not block, and looks at nothing yet."""
        self._history.start()
        self._thread.start()

    def stop(self) -> None:
        """End; blocks for some seconds at most, where a check hangs."""
        self._stopping.set()
        self._wanted.set()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)
        self._history.stop()

    @property
    def is_begun(self) -> bool:
        """Whether anybody would look: only in a server."""
        return self._thread.is_alive()

    def near(self) -> Report | None:
        """Return the report if it may still be given out, and have the next one made if it is time. Microseconds."""
        report, policy = self._report, HEALTH.current
        if report is None:
            self._wanted.set()
            return None
        age = time.monotonic() - report.made_at
        if age < policy.keep_seconds:
            return report
        self._wanted.set()
        return report if age < policy.keep_seconds + policy.timeout_seconds else None

    def report(self) -> Report:
        """Return a report; raise TimeoutError where none can be made. Blocks for a look at most."""
        with self._lock:
            awaited = self._next
        return self.near() or awaited.result(self._patience())

    async def reported(self) -> Report:
        """As `report`, without blocking the loop."""
        with self._lock:
            awaited = self._next
        if found := self.near():
            return found
        return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(awaited)), self._patience())

    def _patience(self) -> float:
        return 2 * HEALTH.current.timeout_seconds + PATIENCE_SECONDS  # one look may be under way already

    def _run(self) -> None:
        panel = Panel(self._checks)
        while not self._stopping.is_set():
            self._wanted.wait(UNASKED_SECONDS)
            if not self._stopping.is_set():
                self._look(panel)
        panel.end()

    def _look(self, panel: Panel) -> None:
        report = report_of(panel.look(timeout_seconds=HEALTH.current.timeout_seconds))
        with self._lock:
            self._report, made, self._next = report, self._next, Future()
            self._wanted.clear()
        made.set_result(report)
        self._history.take(report.results)
