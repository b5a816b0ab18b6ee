"""The sums of one piece of a window: read from its rows, or kept from the last time where they are coarse."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
from django.db.models import F, Max, QuerySet, Value
from django.db.models import Sum as Total

from apps.monitoring.models.snapshots import Resolution, Snapshot
from apps.monitoring.policy.history import HISTORY
from apps.monitoring.snapshots.selection import Labels, Where, known_metric, place_of, places
from apps.monitoring.snapshots.track import Cell, Sum

RAW, *COARSER = sorted(Resolution.values)
KEPT_RESOLUTION = Resolution.TEN_MINUTES  # finer rows come too fast for their sums to be worth keeping
Piece = tuple[int, int, int]  # resolution, start, end
Sums = dict[Labels, dict[int, Cell]]  # by the start of each point

_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(list[tuple[Labels, dict[int, Cell]]]).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is read: see `read`. A `step` of 0 is one point, however long: that of 0."""

    metric: str
    by: Labels
    where: Where
    has_histograms: bool
    step: int

    def sums(self, part: Piece) -> Sums:
        """Return the sums over a piece: from the cache where its rows are coarse, for they never change."""
        if part[0] < KEPT_RESOLUTION:
            return self._added_up(part)
        where = sorted((name, *sorted(values)) for name, values in self.where.items())
        named = (self.metric, repr(self.by), repr(where), int(self.has_histograms), self.step, *part)
        return dict(_unpack(HISTORY.get_or_load(named, lambda: _pack(list(self._added_up(part).items())))))

    def _added_up(self, part: Piece) -> Sums:
        """Read the rows. Two queries."""
        metric = known_metric(self.metric)
        placed = places(metric, place_of(metric, by=self.by, where=self.where))
        added: dict[tuple[Labels, int], Sum] = {}
        for series, point, *values in self._rows(list(placed), *part):
            key = placed[series], point
            cell = added.get(key)
            if cell is None:
                cell = added[key] = Sum()
            cell.add(*values)
        found: Sums = {}
        for (labels, point), cell in added.items():
            found.setdefault(labels, {})[point] = cell.cell()
        return found

    def _rows(self, series: list[int], resolution: int, start: int, end: int) -> Iterator[Any]:
        rows = Snapshot.objects.filter(series__in=series, resolution=resolution, start__gte=start, start__lt=end)
        return self._each(rows) if self.has_histograms else self._added(rows)

    def _each(self, rows: QuerySet[Snapshot]) -> Iterator[Any]:
        columns = ("series_id", "start", "count", "total", "maximum", "counts")
        for series, start, *values in rows.values_list(*columns).iterator(chunk_size=10_000):
            yield series, start - start % self.step if self.step else 0, *values

    def _added(self, rows: QuerySet[Snapshot]) -> Iterator[Any]:
        point = F("start") - F("start") % self.step if self.step else Value(0)
        points = rows.annotate(point=point).values("series_id", "point")
        sums = points.annotate(number=Total("count"), sum=Total("total"), most=Max("maximum")).order_by()
        yield from sums.values_list("series_id", "point", "number", "sum", "most")
