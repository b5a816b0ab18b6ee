"""What every recorder is: hears of something, keeps it until there is time, then counts it."""

import random
from collections import deque
from typing import Any, ClassVar, Generic, TypeVar

from apps.monitoring.measuring.board import Board
from apps.tuning.handle import Handle

Sample = TypeVar("Sample")
LIMIT = 50_000  # samples that wait for a second; some 5 MB


class Recorder(Generic[Sample]):
    """One for each thing that is watched: `listen` once at the start, `take` when it happens, `fold` in its own time.

    `take` is called by requests and may cost a microsecond; it never fails and never waits. The keeper's thread folds
    the samples into the board once a second, and has `read` look at what others count by themselves.
    """

    name: ClassVar[str]
    policy: ClassVar[Handle[Any]]
    limit: ClassVar[int] = LIMIT

    def __init__(self) -> None:
        self._samples: deque[Sample] = deque()
        self.dropped = 0
        self.spent_seconds = 0.0  # by those who were watched, for being so; the keeper takes it

    @property
    def rules(self) -> Any:
        """The policy that holds now, of the kind that was declared."""
        return self.policy.current

    def listen(self) -> None:
        """Begin to hear of it."""

    def deafen(self) -> None:
        """Hear of it no more."""

    def take(self, sample: Sample) -> None:
        """Keep a sample until the keeper comes; one too many is dropped and counted."""
        if len(self._samples) < self.limit:
            self._samples.append(sample)
        else:
            self.dropped += 1

    def is_chosen(self) -> bool:
        """Return whether the next one is to be recorded."""
        rules = self.rules
        return bool(rules.is_enabled) and (rules.sample_percent >= 100 or random.random() * 100 < rules.sample_percent)  # noqa: PLR2004

    def drained(self) -> list[Sample]:
        """Return what waits, and keep none of it. Others may add meanwhile."""
        samples, pop = self._samples, self._samples.popleft
        return [pop() for _ in range(len(samples))]

    def fold(self, board: Board, samples: list[Sample]) -> None:
        """Count the samples, in the keeper's thread. What it raises costs these samples, counted as dropped."""

    def read(self, board: Board) -> None:
        """Put on the board what is counted elsewhere. In the keeper's thread, once a second."""
