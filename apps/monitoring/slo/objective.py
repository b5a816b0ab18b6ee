"""A promise: how many of all are to be good, counted on metrics there are."""

from collections.abc import Mapping
from dataclasses import dataclass

from apps.monitoring.measuring.metric import Metric

Where = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Count:
    """How often something happened: what a counter counted, or the values of a distribution, or those below a bound.

    `where` has the values that labels may have; the bound is one of those that Prometheus sees.
    """

    metric: Metric
    where: Where
    below: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Objective:
    """`share` of `total` (0 to 1) is to be good: what `good` counts, or what `bad` does not."""

    name: str
    title: str
    share: float
    total: Count
    good: Count | None = None
    bad: Count | None = None

    @property
    def budget(self) -> float:
        """The share that may be bad."""
        return 1 - self.share

    def __post_init__(self) -> None:
        if (self.good is None) is (self.bad is None):
            raise ValueError(f"{self.name}: either good or bad is counted.")
