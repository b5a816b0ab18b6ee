"""What is measured: a name, what it means, and what tells its series apart."""

from dataclasses import dataclass, field
from enum import StrEnum

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Kind(StrEnum):
    """How values come together over time: counters and distributions are added, of gauges the mean is taken."""

    COUNTER = "counter"
    GAUGE = "gauge"
    DISTRIBUTION = "histogram"


class Merge(StrEnum):
    """What the gauges of several processes are together. Counters and distributions are always added.

    EACH keeps them apart, by a label `process`: for what means nothing as a sum, as when a process started.
    """

    SUM = "sum"
    MAX = "max"
    EACH = "each"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Metric:
    """One metric. `bounds` are those Prometheus sees, in two significant digits; here all are kept.

    `is_exported` tells whether Prometheus sees it: series by statement or by page are for the site's own pages.
    """

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    bounds: tuple[float, ...] = field(default=SECONDS)
    merge: Merge = Merge.SUM
    is_exported: bool = True


_metrics: dict[str, Metric] = {}


def counter(name: str, text: str, *labels: str, is_exported: bool = True) -> Metric:
    """Return a metric that only grows; by the rules of Prometheus its name ends in `_total`."""
    return _known(Metric(name=name, kind=Kind.COUNTER, help=text, labels=labels, is_exported=is_exported))


def gauge(name: str, text: str, *labels: str, merge: Merge = Merge.SUM, is_exported: bool = True) -> Metric:
    """Return a metric that goes up and down."""
    return _known(Metric(name=name, kind=Kind.GAUGE, help=text, labels=labels, merge=merge, is_exported=is_exported))


def distribution(
    name: str, text: str, *labels: str, bounds: tuple[float, ...] = SECONDS, is_exported: bool = True
) -> Metric:
    """Return a metric whose values are counted by size."""
    made = Metric(name=name, kind=Kind.DISTRIBUTION, help=text, labels=labels, bounds=bounds, is_exported=is_exported)
    return _known(made)


def metric_of(name: str) -> Metric | None:
    """Return a metric by its name; None for one that this version does not know."""
    return _metrics.get(name)


def metrics() -> list[Metric]:
    """Return all metrics by name."""
    return [_metrics[name] for name in sorted(_metrics)]


def _known(metric: Metric) -> Metric:
    if metric.name in _metrics:
        raise ValueError(f"The metric {metric.name} is declared twice.")
    _metrics[metric.name] = metric
    return metric
