"""The tape of outcomes, and the window that slides along its end. No clock, no lock."""

from array import array
from collections.abc import Iterator

SIZE = 1 << 14
MASK = SIZE - 1
SUCCESS, SLOW, FAILED = 0, 1, 2  # bits of an outcome: a call can be slow and failed


class Window:
    """Running totals over the latest outcomes, by count or by time.

    The tape behind it reaches further back, as far as its 16,384 entries go: new bounds are judged anew from it.
    """

    __slots__ = ("_ends", "_floor", "_horizon", "_limit", "_outcomes", "_seconds", "_slow_after", "_start", "_times",
                 "failures", "slow")  # fmt: skip

    def __init__(self, *, calls: int, seconds: float, slow_after: float) -> None:
        self._times, self._seconds = array("d", bytes(8 * SIZE)), array("d", bytes(8 * SIZE))
        self._outcomes = bytearray(SIZE)
        self._ends = self._start = self._floor = 0  # positions on the tape; the floor is where the window last began
        self.failures = self.slow = 0
        self._bounds(calls=calls, seconds=seconds, slow_after=slow_after)

    def _bounds(self, *, calls: int, seconds: float, slow_after: float) -> None:
        self._limit = SIZE if seconds else min(calls, SIZE)
        self._horizon = seconds
        self._slow_after = slow_after

    @property
    def calls(self) -> int:
        """How many outcomes are in the window."""
        return self._ends - self._start

    def add(self, *, now: float, seconds: float, is_failure: bool) -> int:
        """Note an outcome and return its bits."""
        end = self._ends
        if end - self._start >= self._limit:
            self._drop_oldest()
        outcome = (FAILED if is_failure else SUCCESS) | (SLOW if seconds >= self._slow_after else SUCCESS)
        slot = end & MASK
        self._times[slot], self._seconds[slot], self._outcomes[slot] = now, seconds, outcome
        self._ends = end + 1
        if outcome:
            self._count(outcome, 1)
        if self._horizon:
            self.slide(now)
        return outcome

    def slide(self, now: float) -> None:
        """Let go of what is older than the window, where it goes by time."""
        if not self._horizon:
            return
        oldest = now - self._horizon
        while self._start < self._ends and self._times[self._start & MASK] <= oldest:
            self._drop_oldest()

    def clear(self) -> None:
        """Begin a new window; the tape stays."""
        self._start = self._floor = self._ends
        self.failures = self.slow = 0

    def rebound(self, *, now: float, calls: int, seconds: float, slow_after: float) -> None:
        """Judge the tape anew by other bounds; what was before the window began stays outside."""
        self._bounds(calls=calls, seconds=seconds, slow_after=slow_after)
        first = max(self._floor, self._ends - SIZE)
        self._start, self.failures, self.slow = max(first, self._ends - self._limit), 0, 0
        for position in range(self._start, self._ends):
            slot = position & MASK
            is_slow = self._seconds[slot] >= slow_after
            self._outcomes[slot] = (self._outcomes[slot] & FAILED) | (SLOW if is_slow else SUCCESS)
            self._count(self._outcomes[slot], 1)
        self.slide(now)

    def tape(self, *, since: float) -> Iterator[tuple[float, float, bool]]:
        """Yield when each outcome came, how long it took and whether it failed, the oldest first."""
        for position in range(max(0, self._ends - SIZE), self._ends):
            slot = position & MASK
            if self._times[slot] >= since:
                yield self._times[slot], self._seconds[slot], bool(self._outcomes[slot] & FAILED)

    def _drop_oldest(self) -> None:
        outcome = self._outcomes[self._start & MASK]
        self._start += 1
        if outcome:
            self._count(outcome, -1)

    def _count(self, outcome: int, change: int) -> None:
        if outcome & FAILED:
            self.failures += change
        if outcome & SLOW:
            self.slow += change
