"""Tells a change for the worse from bad luck, as soon as it can be told. No clock, no lock.

Source: Page, "Continuous Inspection Schemes", 1954 (CUSUM), here for shares: each call adds the logarithm of how much
likelier it is in an outage than usually; the sum never falls below nought, and past the limit it is an outage.
"""

import math
from collections.abc import Callable

from apps.resilience.adaptive.baseline import Baseline, Usual

LIMIT = 12.0  # e^12: one false alarm in some hundred thousand usual calls
DOUBT = 3.0  # above it failures are not learned: an outage must not become the usual
LEAST_USUAL, LEAST_OUTAGE, MOST_OUTAGE = 0.01, 0.3, 0.95
FACTOR = 3.0  # an outage has at least three times the usual share
SLOW_USUAL, SLOW_OUTAGE = 0.02, 0.6


class Evidence:
    """One running sum."""

    __slots__ = ("sum",)

    def __init__(self) -> None:
        self.sum = 0.0

    def add(self, *, is_bad: bool, usual: float, outage: float) -> bool:
        """Weigh one call; return whether the sum is past the limit."""
        weight = math.log(outage / usual) if is_bad else math.log((1 - outage) / (1 - usual))
        self.sum = max(0.0, self.sum + weight)
        return self.sum > LIMIT


class Detector:
    """Judges each call by what is usual at this hour, and learns from those that are."""

    def __init__(self, hour: Callable[[], int]) -> None:
        self._hour = hour
        self._baseline = Baseline()
        self._failures, self._slow = Evidence(), Evidence()

    def add(self, seconds: float, *, is_failure: bool) -> str | None:
        """Weigh one call; return why the breaker should open, empty for no reason, None before enough is known."""
        hour = self._hour()
        usual = self._baseline.usual(hour)
        reason = None if usual is None else self._reason(usual, seconds, is_failure=is_failure)
        self._baseline.add(hour, seconds, is_failure=is_failure, is_doubtful=self._failures.sum > DOUBT)
        return reason

    def clear(self) -> None:
        """Weigh anew; what is usual stays known."""
        self._failures, self._slow = Evidence(), Evidence()

    def _reason(self, usual: Usual, seconds: float, *, is_failure: bool) -> str:
        rate = min(max(usual.failure_rate, LEAST_USUAL), MOST_OUTAGE / FACTOR)
        outage = min(MOST_OUTAGE, max(LEAST_OUTAGE, FACTOR * rate))
        if self._failures.add(is_bad=is_failure, usual=rate, outage=outage):
            return f"far more calls fail than the usual {usual.failure_rate:.1%}"
        limit = usual.slow_seconds
        is_slow = not is_failure and seconds > limit
        if not is_failure and self._slow.add(is_bad=is_slow, usual=SLOW_USUAL, outage=SLOW_OUTAGE):
            return f"calls take longer than {limit:.3g} s, more often than usual"
        return ""
