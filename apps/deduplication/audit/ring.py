"""Executions on their way to the database: bounded, never in the way of the work."""

from collections import deque

from apps.deduplication.audit.execution import Execution

EXECUTIONS_MAX = 20_000


class Ring:
    """Holds what runs and what has ended since the last flush. What is over the bound is dropped and counted.

    Each step is one operation of a built-in type: no lock is needed.
    """

    def __init__(self, *, executions_max: int = EXECUTIONS_MAX) -> None:
        self._executions_max = executions_max
        self._running: dict[Execution, None] = {}
        self._ended: deque[Execution] = deque()
        self.dropped = self.recorded = 0

    def begin(self, execution: Execution) -> Execution:
        """Note that work begins."""
        if len(self._running) + len(self._ended) >= self._executions_max:
            self.dropped += 1
        else:
            self._running[execution] = None
            self.recorded += 1
        return execution

    def end(self, execution: Execution, *, is_alone: bool) -> None:
        """Note that it has ended."""
        execution.end(is_alone=is_alone)
        if self._running.pop(execution, self) is None:
            self._ended.append(execution)

    def running(self) -> list[Execution]:
        """Return what runs now."""
        return list(self._running)

    def mark(self, execution: Execution) -> None:
        """Note a moment that is no work: that a round was ended on purpose."""
        self.end(self.begin(execution), is_alone=execution.is_alone)

    def take(self, *, ended_before_ns: int) -> list[Execution]:
        """Return what ended before the moment and was not taken yet."""
        taken: list[Execution] = []
        while self._ended and self._ended[0].ended_ns < ended_before_ns:
            taken.append(self._ended.popleft())
        return taken

    def put_back(self, executions: list[Execution]) -> None:
        """Keep for the next time what could not be stored; the oldest are dropped where there is no room."""
        room = max(0, self._executions_max - len(self._ended) - len(self._running))
        kept = executions[len(executions) - room :] if room else []
        self.dropped += len(executions) - len(kept)
        self._ended.extendleft(reversed(kept))
