"""How a promise is kept over a stretch of time, by the site's own snapshots."""

from dataclasses import dataclass

from apps.monitoring.measuring.metric import Kind
from apps.monitoring.slo.objective import Count, Objective
from apps.monitoring.snapshots.reading import read
from apps.monitoring.snapshots.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How many there were, and how many of them were bad."""

    objective: Objective
    bad: float
    total: float

    @property
    def bad_share(self) -> float:
        """The share that was bad, 0 to 1; 0 without traffic."""
        return min(1.0, self.bad / self.total) if self.total else 0.0

    @property
    def speed(self) -> float:
        """How many times faster than allowed the budget burns; where nothing may be bad, 0 or without end."""
        if self.objective.budget:
            return self.bad_share / self.objective.budget
        return float("inf") if self.bad else 0.0


def standing(objective: Objective, window: Window) -> Standing:
    """Return how a promise was kept. Blocks for two readings of snapshots."""
    total = counted(objective.total, window)
    if objective.bad:
        return Standing(objective=objective, bad=counted(objective.bad, window), total=total)
    assert objective.good  # noqa: S101  (an objective has one of them)
    return Standing(objective=objective, bad=max(0.0, total - counted(objective.good, window)), total=total)


def counted(count: Count, window: Window) -> float:
    """Return how often something happened. Blocks for a reading of snapshots."""
    has_bound = count.below is not None
    tracks = read(count.metric.name, window, where=count.where, has_histograms=has_bound)
    wholes = [track.whole for track in tracks]
    if count.below is not None:
        return sum(whole.below(count.below) for whole in wholes)
    if count.metric.kind is Kind.DISTRIBUTION:
        return sum(whole.count for whole in wholes)
    return sum(whole.total for whole in wholes)
