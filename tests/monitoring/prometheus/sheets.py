"""Metrics of the tests' own, declared once, and sheets made of them."""

from collections.abc import Callable

from apps.monitoring.measuring.board import Board
from apps.monitoring.measuring.metric import Merge, counter, distribution, gauge
from apps.monitoring.measuring.sheet import Sheet

COUNTED = counter("test_counted_total", "Counted.", "kind")
WAITING = gauge("test_waiting", "Added up.")
OLDEST = gauge("test_oldest_seconds", "The most.", merge=Merge.MAX)
HELD = gauge("test_held_bytes", "Each on its own.", "kind", merge=Merge.EACH)
LASTED = distribution("test_lasted_seconds", "Lasted.", "kind", bounds=(0.1, 0.25, 1.0))
OWN = counter("test_own_total", "For the site's own pages.", is_exported=False)


def sheet(worker: str, fill: Callable[[Board], object]) -> Sheet:
    """Return the sheet of a process that counted this."""
    board = Board()
    fill(board)
    return board.sheet(worker=worker, started=1.0, at=2.0)


def counting(times: float, *, kind: str = "a") -> Callable[[Board], None]:
    """Return what counts so often."""
    return lambda board: board.add(COUNTED, (kind,), times)
