"""When a vital is good, and when it is poor: the thresholds of web.dev, in seconds; of a shift, in its own unit."""

from typing import Literal

Rating = Literal["good", "needs-improvement", "poor"]
RATINGS: tuple[Rating, ...] = ("good", "needs-improvement", "poor")
BOUNDS = {"LCP": (2.5, 4.0), "INP": (0.2, 0.5), "TTFB": (0.8, 1.8), "CLS": (0.1, 0.25)}


def rating(name: str, value: float) -> Rating:
    """Return how good a value is; raise KeyError for what is no vital."""
    good, fair = BOUNDS[name]
    if value <= good:
        return "good"
    return "needs-improvement" if value <= fair else "poor"
