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
ROWS = sum(len(watch.ttls) for watch in WATCHES)


def merged(snapshots: Iterable[Snapshot]) -> Curve | None:
    """Return the curve over all processes, each with its own memory; None where nothing was read.

    Raises `SnapshotError` where a snapshot is of another form, as of another version of the program.
    """
    known = list(snapshots)
    rows = [_sum(parts) for parts in zip(*(_rows(snapshot) for snapshot in known), strict=True)]
    if not rows or not rows[-1][0]:
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
    if len(rows) != ROWS:
        raise SnapshotError(f"rates: {ROWS} rows expected, not {len(rows)}.")
    return rows


def _sum(rows: Sequence[Rates]) -> Rates:
    reads, loads, ages = (sum(column) for column in zip(*rows, strict=True))
    return reads, loads, ages


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
        per_read = {level: (loads / reads, ages / reads) for level, (reads, loads, ages) in piece.items() if reads}
        loads, ages = _shift(joined.get(watch.first), per_read.get(watch.first))
        joined |= {level: (one + loads, age + ages) for level, (one, age) in per_read.items()}
    return joined


def _shift(before: Misses | None, now: Misses | None) -> Misses:
    if before is None or now is None:
        return (0.0, 0.0)
    return before[0] - now[0], before[1] - now[1]
