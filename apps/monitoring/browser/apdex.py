"""Apdex: how satisfied people can be with the times they waited, from 0 to 1 (apdex.org, version 1.1)."""

from apps.monitoring.measuring.histogram import Histogram

FRUSTRATED_AFTER = 4  # times the target


def apdex(times: Histogram, target_seconds: float) -> float | None:
    """Return the score of the times: who waited less than the target counts whole, less than four of them half.

    None where nobody waited. Exact for targets of two significant digits.
    """
    if not times.count:
        return None
    satisfied = times.below(target_seconds)
    tolerating = times.below(target_seconds * FRUSTRATED_AFTER) - satisfied
    return (satisfied + tolerating / 2) / times.count
