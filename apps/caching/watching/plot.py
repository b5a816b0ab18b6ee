"""A small chart of something against the life of values, as numbers for an SVG."""

import math
from dataclasses import dataclass

WIDTH, HEIGHT, LEFT, BOTTOM = 320, 160, 8, 20
TICKS = {0.1: "0.1 s", 1.0: "1 s", 10.0: "10 s", 60.0: "1 min", 600.0: "10 min", 3600.0: "1 h", 36000.0: "10 h"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A vertical line where a life is, and the dot where it meets the curve."""

    name: str
    x: float
    y: float
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """Lives go from left to right in logarithms. `top` is the highest value shown; 0: the highest there is."""

    title: str
    unit: str
    points: list[tuple[float, float]]
    marks: dict[str, tuple[float, float]]
    top: float = 0.0

    @property
    def highest(self) -> float:
        """The value at the upper edge."""
        return self.top or max((value for _, value in (*self.points, *self.marks.values())), default=0.0) or 1.0

    @property
    def line(self) -> str:
        """The curve, for a polyline."""
        return " ".join(f"{self._x(seconds):.1f},{self._y(value):.1f}" for seconds, value in self.points)

    @property
    def shown_marks(self) -> list[Mark]:
        """What is marked in the curve."""
        return [
            Mark(name=name, x=round(self._x(seconds), 1), y=round(self._y(value), 1), value=value)
            for name, (seconds, value) in self.marks.items()
        ]

    @property
    def ticks(self) -> list[tuple[float, str]]:
        """Where some lives are, and their names."""
        low, high = self.points[0][0], self.points[-1][0]
        known = [(round(self._x(seconds), 1), name) for seconds, name in TICKS.items() if low <= seconds <= high]
        return known[::2] if len(known) > 4 else known  # noqa: PLR2004  (what there is room for)

    def _x(self, seconds: float) -> float:
        low, high = math.log(self.points[0][0]), math.log(self.points[-1][0])
        share = (math.log(max(seconds, 1e-9)) - low) / ((high - low) or 1)
        return LEFT + min(1.0, max(0.0, share)) * (WIDTH - 2 * LEFT)

    def _y(self, value: float) -> float:
        return (HEIGHT - BOTTOM) - min(1.0, value / self.highest) * (HEIGHT - BOTTOM - LEFT)
