"""A token bucket by the one number it needs: when it will be full again. The clock is the caller's.

Source: the generic cell rate algorithm, ITU-T I.371; the same as a bucket of tokens that is refilled steadily.
"""

import math


class Bucket:
    """Starts full. Rate and size are given at each use, so that a change of policy counts at once."""

    __slots__ = ("full_at",)

    def __init__(self) -> None:
        self.full_at = -math.inf

    def take(self, now: float, *, per_second: float, burst: float) -> float:
        """Take one token; return 0, or the seconds until there is one and take nothing."""
        if per_second <= 0:
            return math.inf
        full_at = max(self.full_at, now) + 1 / per_second
        wait = full_at - now - burst / per_second
        if wait > 1e-9:  # noqa: PLR2004  (a rounding error is no wait)
            return wait
        self.full_at = full_at
        return 0.0

    def left(self, now: float, *, per_second: float, burst: float) -> int:
        """Return how many tokens are there."""
        return max(0, math.floor(burst - max(0.0, self.full_at - now) * per_second + 1e-6))
