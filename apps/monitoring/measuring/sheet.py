"""A copy of a process's series at one moment: what is scraped, stored and sent to whoever watches."""

from typing import Self

import msgspec

from apps.monitoring.measuring.histogram import Histogram
from apps.monitoring.measuring.metric import Kind, metric_of

Labels = tuple[str, ...]
Exemplar = tuple[str, float, float]  # trace id, value, seconds since 1970


class Line(msgspec.Struct, array_like=True):
    """One series. Of a distribution `value` is the sum of its values."""

    metric: str
    labels: Labels
    value: float
    counts: dict[int, int] | None = None
    maximum: float = 0.0
    exemplar: Exemplar | None = None

    @property
    def key(self) -> tuple[str, Labels]:
        """What tells it from other series."""
        return self.metric, self.labels

    @property
    def histogram(self) -> Histogram:
        """Its distribution; an empty one of a number."""
        return Histogram(self.counts, total=self.value, maximum=self.maximum)


class Sheet(msgspec.Struct):
    """All series of a process, or what happened to them between two moments. Times are seconds since 1970."""

    worker: str
    started: float
    at: float
    lines: list[Line]

    def since(self, before: "Sheet") -> "Sheet":
        """Return what happened after an earlier copy: growth of counters and distributions, gauges as they are now.

        Counters that did not move are left out.
        """
        known = {line.key: line for line in before.lines}
        lines = [grown for line in self.lines if (grown := _grown(line, known.get(line.key)))]
        return Sheet(worker=self.worker, started=self.started, at=self.at, lines=lines)

    def packed(self) -> bytes:
        """Return it as bytes."""
        return _pack(self)

    @classmethod
    def unpacked(cls, data: bytes) -> Self:
        """Return what was packed; raise msgspec.DecodeError or ValidationError for other bytes."""
        return _unpack(data)  # type: ignore[return-value]


def _grown(line: Line, before: Line | None) -> Line | None:
    metric = metric_of(line.metric)
    if before is None or metric is None or metric.kind is Kind.GAUGE:
        return line if line.value or line.counts or (metric and metric.kind is Kind.GAUGE) else None
    if line.counts is None:
        grown = line.value - before.value
        return Line(metric=line.metric, labels=line.labels, value=grown) if grown else None
    grown_by = line.histogram.since(before.histogram)
    if not grown_by.count:
        return None
    return Line(
        metric=line.metric,
        labels=line.labels,
        value=grown_by.total,
        counts=grown_by.counts,
        maximum=grown_by.maximum,
        exemplar=line.exemplar,
    )


_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(Sheet).decode
