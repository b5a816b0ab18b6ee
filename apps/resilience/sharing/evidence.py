"""What a process saw of late, from counters that only rise. No clock of its own."""

from collections import deque

RECENT_SECONDS = 10.0
Totals = tuple[int, int, int]  # calls, failures, slow


class Evidence:
    """Differences of totals over the last ten seconds."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, Totals]] = deque()

    def recent(self, now: float, totals: Totals) -> Totals:
        """Note the totals and return by how much they rose."""
        self._samples.append((now, totals))
        while len(self._samples) > 1 and self._samples[1][0] <= now - RECENT_SECONDS:
            self._samples.popleft()
        first = self._samples[0][1]
        return totals[0] - first[0], totals[1] - first[1], totals[2] - first[2]

    def clear(self) -> None:
        """Count from the next totals on: the evidence led to a decision."""
        while len(self._samples) > 1:
            self._samples.popleft()
