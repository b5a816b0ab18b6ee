"""How a number was distributed: counts per bucket, from which any percentile is read, of any sum of them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Self

import msgspec

from apps.monitoring.measuring.scale import index_of, lower, middle

_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(dict[int, int]).decode


class Histogram:
    """Counts of values by bucket, their number, sum and largest. Not for several threads at once."""

    __slots__ = ("count", "counts", "maximum", "total")

    def __init__(self, counts: Mapping[int, int] | None = None, *, total: float = 0.0, maximum: float = 0.0) -> None:
        self.counts: dict[int, int] = dict(counts or {})
        self.count, self.total, self.maximum = sum(self.counts.values()), total, maximum

    def observe(self, value: float, times: int = 1) -> None:
        """Count a value."""
        index = index_of(value)
        self.counts[index] = self.counts.get(index, 0) + times
        self.count += times
        self.total += value * times
        self.maximum = max(self.maximum, value)

    def observe_all(self, values: Sequence[float]) -> None:
        """Count values, in less time than one by one."""
        counts = self.counts
        for value in values:
            index = index_of(value)
            counts[index] = counts.get(index, 0) + 1
        self.count += len(values)
        self.total += sum(values)
        self.maximum = max(self.maximum, max(values, default=0.0))

    def merge(self, other: "Histogram") -> None:
        """Count what another counted."""
        counts = self.counts
        for index, times in other.counts.items():
            counts[index] = counts.get(index, 0) + times
        self.count += other.count
        self.total += other.total
        self.maximum = max(self.maximum, other.maximum)

    def since(self, before: "Histogram") -> "Histogram":
        """Return what was counted after an earlier copy of this one; its largest is known by its bucket."""
        grown = {index: times - before.counts.get(index, 0) for index, times in self.counts.items()}
        counts = {index: times for index, times in grown.items() if times}
        maximum = min(self.maximum, lower(max(counts) + 1)) if counts else 0.0
        return Histogram(counts, total=self.total - before.total, maximum=maximum)

    def copy(self) -> "Histogram":
        """Return an equal one."""
        return Histogram(self.counts, total=self.total, maximum=self.maximum)

    def quantile(self, share: float) -> float | None:
        """Return the value below which a share (0 to 1) of the values lies, within RELATIVE_ERROR; None of nothing."""
        wanted, seen = share * self.count, 0
        for index in sorted(self.counts):
            seen += self.counts[index]
            if seen and seen >= wanted:
                return min(middle(index), self.maximum)
        return None

    def below(self, bound: float) -> int:
        """Return how many values were less than a bound of the scale: one of two significant digits."""
        end = index_of(bound)
        return sum(times for index, times in self.counts.items() if index < end)

    def packed(self) -> bytes:
        """Return the counts as bytes."""
        return _pack(self.counts)

    @classmethod
    def unpacked(cls, data: bytes, *, total: float, maximum: float) -> Self:
        """Return what was packed; raise msgspec.DecodeError for other bytes."""
        return cls(_unpack(data), total=total, maximum=maximum)

    @classmethod
    def merged(cls, parts: Iterable["Histogram"]) -> Self:
        """Return the sum."""
        whole = cls()
        for part in parts:
            whole.merge(part)
        return whole

    @property
    def least(self) -> float:
        """The lower bound of the first bucket, 0 of nothing."""
        return lower(min(self.counts)) if self.counts else 0.0
