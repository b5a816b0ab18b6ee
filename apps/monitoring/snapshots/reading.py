"""Reads a metric over any stretch of time, from the coarsest rows that tell it exactly.

Rows are rolled up to coarser ones as time goes by (rollup.py), and `RollUp` says up to when. So every moment is read
from one resolution: old ones from the coarsest that fits into a step, the rest from finer ones, the last minute or two
from what each process wrote itself.
"""

from collections.abc import Iterator

from apps.monitoring.snapshots.marks import Marks, marks
from apps.monitoring.snapshots.selection import Labels, Where
from apps.monitoring.snapshots.stretch import COARSER, RAW, Asked, Piece
from apps.monitoring.snapshots.track import Sum, Track, summed
from apps.monitoring.snapshots.window import Window

NOWHERE: Where = {}


def read(
    metric: str,
    window: Window,
    *,
    by: tuple[str, ...] = (),
    where: Where = NOWHERE,
    has_histograms: bool = True,
    rolled_up: Marks | None = None,
) -> list[Track]:
    """Return a track for each combination of the labels in `by`, in their order, of the series that `where` chooses.

    Without histograms, where only numbers and sums are wanted, the database adds up. Queries: one for the marks where
    they are not given, two for the series, and one for each resolution, five at most; what is over is kept in the
    cache. Raises ValueError for a metric or a label nobody declared.
    """
    asked = Asked(metric=metric, by=by, where=where, has_histograms=has_histograms, step=window.step)
    sums = _sums(asked, window, rolled_up)
    return [_track(labels, sums[labels], window) for labels in sorted(sums)]


def read_whole(
    metric: str,
    window: Window,
    *,
    by: tuple[str, ...] = (),
    where: Where = NOWHERE,
    has_histograms: bool = True,
    rolled_up: Marks | None = None,
) -> list[Track]:
    """Return as `read` does, without the points: what the whole window came to, at a fraction of the cost."""
    asked = Asked(metric=metric, by=by, where=where, has_histograms=has_histograms, step=0)
    sums = _sums(asked, window, rolled_up)
    return [Track(labels=labels, points=(), whole=sums[labels][0].point()) for labels in sorted(sums)]


def _sums(asked: Asked, window: Window, rolled_up: Marks | None) -> dict[Labels, dict[int, Sum]]:
    sums: dict[Labels, dict[int, Sum]] = {}
    for part in parted(list(pieces(window, marks() if rolled_up is None else rolled_up)), window.step):
        for labels, cells in asked.sums(part).items():
            line = sums.setdefault(labels, {})
            for at, cell in cells.items():
                line.setdefault(at, Sum()).add_counts(*cell)
    return sums


def pieces(window: Window, rolled_up: Marks) -> Iterator[Piece]:
    """Return from which resolution each part of a window is to be read: every moment of it is in one of them."""
    at = window.start
    for resolution in reversed(COARSER):
        until = min(rolled_up.get(resolution, 0), window.end // resolution * resolution)
        if window.step % resolution == 0 and until > at:
            yield resolution, at, until
            at = until
    if window.end > at:
        yield RAW, at, window.end


def parted(parts: list[Piece], step: int) -> list[Piece]:
    """Return the parts with the first one cut where whole points end: what is before stays as it is for a whole step.

    Kept in the cache, it need not be read anew each time that a little is added to it.
    """
    resolution, start, end = parts[0] if parts else (RAW, 0, 0)
    whole_end = end - end % step
    if resolution == RAW or not start < whole_end < end:
        return parts
    return [(resolution, start, whole_end), (resolution, whole_end, end), *parts[1:]]


def _track(labels: Labels, line: dict[int, Sum], window: Window) -> Track:
    points = tuple(line[at].point() if at in line else None for at in window.times)
    return Track(labels=labels, points=points, whole=summed(points))
