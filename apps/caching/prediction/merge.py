"""Makes one curve of the snapshots of many processes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any

from apps.caching.prediction.curve import Curve, Point
from apps.caching.prediction.exceptions import SnapshotError
from apps.caching.prediction.grid import TTLS, WATCHES
from apps.caching.prediction.totals import Rates

Snapshot = Mapping[str, Any]
Misses = tuple[float, float]  # of a TTL: loads and seconds of age per read
ROWS, WIDTH = sum(len(watch.ttls) for watch in WATCHES), 4
FEW = 0.1


def merged(snapshots: Iterable[Snapshot]) -> Curve | None:
    """Return the curve over all processes, each with its own memory; None where nothing was read, or hardly any of it
    was of keys that are looked at, as where there are few keys.

    Raises `SnapshotError` where a snapshot is of another form, as of another version of the program.
    """
    known = list(snapshots)
    rows = [_sum(parts) for parts in zip(*(_rows(snapshot) for snapshot in known), strict=True)]
    if not rows or not rows[-1][0] or rows[-1][3] < FEW * rows[-1][0]:
        return None
    loads = sum(snapshot["loads"] for snapshot in known)
    return Curve(
        points=tuple(_points(rows)),
        reads_per_second=rows[-1][0],
        load_seconds=sum(snapshot["load_seconds"] for snapshot in known) / max(1, loads),
    )


def _rows(snapshot: Snapshot) -> list[Rates]:
    if snapshot.get("ttls") != list(TTLS):
        raise SnapshotError("ttls: not those of this version.")
    rows = [tuple(row) for row in snapshot["rates"]]
    if [len(row) for row in rows] != [WIDTH] * ROWS:
        raise SnapshotError(f"rates: {ROWS} rows of {WIDTH} expected, not {len(rows)}.")
    return rows


def _sum(rows: Sequence[Rates]) -> Rates:
    reads, loads, ages, seen = (sum(column) for column in zip(*rows, strict=True))
    return reads, loads, ages, seen


def _points(rows: Sequence[Rates]) -> Iterator[Point]:
    """Yield what is known of each TTL; a longer one never loads more, so what chance says to the contrary is evened."""
    joined = _joined(rows)
    hit_rates = accumulate((min(1.0, max(0.0, 1 - loads)) for loads, _ in joined.values()), max)
    for (level, (_, age)), hit_rate in zip(joined.items(), hit_rates, strict=True):
        yield Point(ttl_seconds=TTLS[level], hit_rate=hit_rate, mean_age_seconds=max(0.0, age))


def _joined(rows: Sequence[Rates]) -> dict[int, Misses]:
    """Return each piece of the curve moved to where the one before it ends.

    The step between two TTLs is known better than either: the hottest keys, in the block or not, have the same in both.
    """
    joined: dict[int, Misses] = {}
    left = iter(rows)
    for watch in WATCHES:
        piece = {watch.first + level: next(left) for level in range(len(watch.ttls))}
        per_read = {level: (loads / reads, ages / reads) for level, (reads, loads, ages, _) in piece.items() if reads}
        before = joined.get(watch.first) or _alone(piece[watch.first])
        loads, ages = _shift(before, per_read.get(watch.first))
        joined |= {level: (one + loads, age + ages) for level, (one, age) in per_read.items()}
    return joined


def _alone(rates: Rates) -> Misses | None:
    """Return where a piece begins that follows no other.

    Where hardly a read hits, the hits are believed and not the loads: while it was looked, there were by chance a few
    more reads than at other times, or fewer, and nearly all of them loaded.
    """
    reads, loads, ages, seen = rates
    if not reads:
        return None
    hits = seen - loads
    return (reads - hits if hits < FEW * seen else loads) / reads, ages / reads


def _shift(before: Misses | None, now: Misses | None) -> Misses:
    if before is None or now is None:
        return (0.0, 0.0)
    return before[0] - now[0], before[1] - now[1]
