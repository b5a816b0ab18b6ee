"""What others count by size, as a histogram of ours."""

from collections.abc import Sequence

from apps.backplane.durations import BOUNDS_SECONDS, Durations
from apps.monitoring.measuring.histogram import Histogram
from apps.monitoring.measuring.scale import index_of, lower

_BEFORE = index_of(BOUNDS_SECONDS[0]) - 1  # where values below the first bound go


def mirrored(durations: Durations) -> Histogram:
    """Return durations as they are: their bounds are the scale's."""
    counts = {_BEFORE + place: times for place, times in enumerate(durations.counts) if times}
    return _made(counts, durations.total_seconds)


def mirrored_by(bounds: Sequence[float], counts: Sequence[int], total: float) -> Histogram:
    """Return counts of values up to each bound and over the one before, with one more count for those over all.

    Each is put right below its bound, so that what lies below a bound is told exactly; a percentile between two is
    the upper one. What is over all bounds counts as just over the last.
    """
    places = [index_of(bound) - 1 for bound in bounds] + [index_of(bounds[-1])]
    return _made({place: times for place, times in zip(places, counts, strict=True) if times}, total)


def _made(counts: dict[int, int], total: float) -> Histogram:
    return Histogram(counts, total=total, maximum=lower(max(counts) + 1) if counts else 0.0)
