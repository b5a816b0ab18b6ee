"""A chart as it is declared: which metrics, and which figure of them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Where = Mapping[str, Collection[str]]


class Figure(StrEnum):
    """What is drawn of the points of a metric. Shares are between 0 and 1."""

    RATE = "rate"  # per second: the growth of a counter, the values of a distribution
    SUM = "sum"  # in all: the same, not divided by time
    MEAN = "mean"  # of a gauge's readings, or of a distribution's values
    LEVEL = "level"  # of a gauge, added up over the processes
    MAXIMUM = "maximum"
    P50 = "p50"
    P95 = "p95"
    P99 = "p99"
    SHARE = "share"  # how much of it is `good`
    BELOW = "below"  # how many values of a distribution are less than `bound`, of all


class Kind(StrEnum):
    """How it is drawn."""

    LINE = "line"
    AREA = "area"  # lines upon each other
    BAR = "bar"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ChartLine:
    """One line, or one for each value of the label `by`: the LINES_MAX largest of them, the rest as one.

    `where` says which values of which labels count, `good` which of those are the good ones of a share; a value that
    ends in a star stands for all that begin so.
    """

    label: str
    metric: str
    figure: Figure
    by: str | None = None
    where: Where = field(default_factory=dict)
    good: Where = field(default_factory=dict)
    bound: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Chart:
    """One chart. `unit` is that of its figures as stored: seconds, bytes, share, per second, or what is counted."""

    name: str
    title: str
    unit: str
    lines: tuple[ChartLine, ...]
    kind: Kind = Kind.LINE


@dataclass(frozen=True, slots=True, kw_only=True)
class DataLine:
    """The figures of one line, None where there is none to tell; `whole` is that of the whole time."""

    label: str
    values: tuple[float | None, ...]
    whole: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartData:
    """A chart's lines. `times` are the seconds since 1970 when each point begins, `step` is how long one is."""

    times: tuple[int, ...]
    step: int
    lines: tuple[DataLine, ...]


_charts: dict[str, Chart] = {}


def declare(chart: Chart) -> Chart:
    """Make a chart known by its name; raise ValueError for a name that is taken."""
    if chart.name in _charts:
        raise ValueError(f"name: the chart {chart.name!r} is declared twice.")
    _charts[chart.name] = chart
    return chart


def chart_of(name: str) -> Chart | None:
    """Return a chart by its name; None for one that nobody declared."""
    return _charts.get(name)


def charts() -> list[Chart]:
    """Return all charts by name."""
    return [_charts[name] for name in sorted(_charts)]
