"""What processes say, made by hand."""

from typing import Any

from apps.backplane.envelope import Envelope
from apps.monitoring.charts.chart import Chart, ChartLine, Figure
from apps.monitoring.live.growth import Growth, encoded
from apps.monitoring.measuring.board import Board
from apps.monitoring.measuring.metric import counter, distribution, gauge
from apps.monitoring.measuring.sheet import Sheet

COUNTED = counter("test_live_total", "Counted.", "kind")
OTHER = counter("test_live_other_total", "Counted, and watched by nobody.")
LEVEL = gauge("test_live_level", "A level.")
SECONDS = distribution("test_live_seconds", "Durations.")


def sheet(worker: str = "w", at: float = 1.0, **did: Any) -> Sheet:
    """Return a sheet: `counted` by kind, a `level`, `values` of the distribution."""
    board = Board()
    for kind, number in did.get("counted", {}).items():
        board.add(COUNTED, (kind,), number)
    if "level" in did:
        board.put(LEVEL, (), did["level"])
    for value in did.get("values", ()):
        board.observe(SECONDS, (), value)
    return board.sheet(worker=worker, started=0.0, at=at)


def growth(worker: str = "w", seconds: float = 1.0, **did: Any) -> Growth:
    return Growth(worker=worker, seconds=seconds, lines=sheet(worker, **did).lines)


def envelope(payload: Any, origin: str = "o") -> Envelope:
    return Envelope("t", origin, 0, 1, payload)


def said(worker: str = "w", seconds: float = 1.0, **did: Any) -> Envelope:
    return envelope(encoded(sheet(worker, **did), seconds))


def chart(name: str, *lines: ChartLine) -> Chart:
    counted = ChartLine(label="", metric=COUNTED.name, figure=Figure.RATE, by="kind")
    return Chart(name=name, title=name, unit="per second", lines=lines or (counted,))
