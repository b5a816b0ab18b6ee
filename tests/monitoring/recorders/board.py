"""A board that a test looks at."""

from typing import Any

from apps.monitoring.measuring.board import Board
from apps.monitoring.measuring.histogram import Histogram
from apps.monitoring.recorders.recorder import Recorder


class Shown:
    """What a recorder puts on an empty board, by name and labels."""

    def __init__(self, recorder: Recorder[Any], board: Board | None = None) -> None:
        self._board = board or Board()
        recorder.fold(self._board, recorder.drained())
        recorder.read(self._board)
        sheet = self._board.sheet(worker="web:test:1", started=0.0, at=1.0)
        self._lines = {(line.metric, line.labels): line for line in sheet.lines}

    def __call__(self, metric: str, *labels: str) -> float:
        """Return a number; raise KeyError where there is no such series."""
        return self._lines[metric, labels].value

    def histogram(self, metric: str, *labels: str) -> Histogram:
        """Return a distribution; raise KeyError where there is no such series."""
        return self._lines[metric, labels].histogram

    def labels(self, metric: str) -> set[tuple[str, ...]]:
        """Return the series of a metric."""
        return {labels for name, labels in self._lines if name == metric}
