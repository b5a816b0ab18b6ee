"""How an import shares the processor: alone in its process it need not, inside the web server it must."""

import time
from collections.abc import Callable
from typing import Protocol

WORK_SECONDS = 0.001
REST_SECONDS = 0.0005


class StoppedError(Exception):
    """The process is to end: the run stops between two rows, with nothing half-written."""


class Pace(Protocol):
    """Told after every row, so that it can rest or stop the run."""

    def step(self) -> None:
        """Return at once or after a rest; raise StoppedError to end the run. No lock is held while it is called."""


class Unhindered:
    """Never rests."""

    def step(self) -> None:
        """Return at once."""


class Courteous:
    """Rests for half a millisecond after each millisecond of work.

    A thread that computes gives up Python's lock only every 5 ms, and a request takes that lock dozens of times, at
    each query. Resting is what lets the request's threads in; see docs/decisions/0005.
    """

    def __init__(self) -> None:
        self._rested_at = time.perf_counter()

    def step(self) -> None:
        """Sleep when the work since the last rest has been long enough."""
        if time.perf_counter() - self._rested_at >= WORK_SECONDS:
            time.sleep(REST_SECONDS)
            self._rested_at = time.perf_counter()


class Stoppable:
    """Another pace, until somebody wants the process to end."""

    def __init__(self, pace: Pace, *, is_stopping: Callable[[], bool]) -> None:
        self._pace = pace
        self._is_stopping = is_stopping

    def step(self) -> None:
        """Raise StoppedError when the process is to end, else keep the pace."""
        if self._is_stopping():
            raise StoppedError
        self._pace.step()
