"""When the work of a caller must be done: carried along with it, and only ever brought forward.

Whoever calls something outside hands `remaining_seconds()` to it as its timeout.
"""

import math
import time
from collections.abc import Callable
from contextvars import ContextVar, Token

from apps.resilience.exceptions import DeadlineError

ends_at: ContextVar[float] = ContextVar("ends_at", default=math.inf)  # on the monotonic clock


class Deadline:
    """`with Deadline(2.0):` gives what is inside two seconds, or less where the caller has less."""

    __slots__ = ("_clock", "_seconds", "_token")

    def __init__(self, seconds: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._clock = seconds, clock

    def __enter__(self) -> float:
        now = self._clock()
        outer = ends_at.get()
        if outer <= now:
            raise DeadlineError("the time for this work is over")
        ends = min(outer, now + self._seconds)
        self._token: Token[float] = ends_at.set(ends)
        return ends

    def __exit__(self, *_: object) -> None:
        ends_at.reset(self._token)


def remaining_seconds(at_most: float = math.inf, *, clock: Callable[[], float] = time.monotonic) -> float:
    """Return the seconds left, no more than `at_most`; infinite without a deadline. Raises DeadlineError past it."""
    left = ends_at.get() - clock()
    if left <= 0:
        raise DeadlineError("the time for this work is over")
    return min(left, at_most)
