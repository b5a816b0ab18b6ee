"""A stretch of time as a chart shows it: from when to when, and how long one point is."""

import time
from dataclasses import dataclass

STEPS = (10, 60, 120, 300, 600, 1_800, 3_600, 14_400, 86_400)  # each a multiple of the resolutions it is read from
POINTS = 180
WRITTEN_SECONDS = 5  # how long the last ten seconds may take to be written
COARSE_STEP, ROLLED_UP_SECONDS = 600, 150  # windows of such points end where all processes are one already


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Seconds since 1970: `start` is a multiple of `step`, `end` of ten; the last point may be shorter than a step."""

    start: int
    end: int
    step: int

    @classmethod
    def last(cls, seconds: int, *, now: float | None = None) -> "Window":
        """Return the seconds up to now, as far as they are written, in POINTS points or a little fewer.

        Where points are coarse it ends two and a half minutes ago: what each process wrote since is many rows.
        """
        at = int(time.time() if now is None else now)
        end = at - (ROLLED_UP_SECONDS if _step(seconds) >= COARSE_STEP else WRITTEN_SECONDS)
        return cls.between(end - seconds, end)

    @classmethod
    def between(cls, start: int, end: int) -> "Window":
        """Return the stretch between two moments, begun early enough for its first point to be whole."""
        step = _step(end - start)
        end = end // STEPS[0] * STEPS[0]
        return cls(start=max(start // step * step, end - end % -step - POINTS * step), end=end, step=step)

    def before(self) -> "Window":
        """Return the period before, of as many points."""
        return Window(start=self.start - self.points * self.step, end=self.start, step=self.step)

    @property
    def points(self) -> int:
        """How many there are."""
        return -((self.start - self.end) // self.step)

    @property
    def times(self) -> tuple[int, ...]:
        """When each point begins."""
        return tuple(range(self.start, self.end, self.step))

    @property
    def seconds(self) -> tuple[int, ...]:
        """How long each point is."""
        return tuple(min(self.step, self.end - at) for at in self.times)


def _step(seconds: int) -> int:
    return next((one for one in STEPS if one * POINTS >= seconds), STEPS[-1])
