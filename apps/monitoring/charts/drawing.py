"""Makes the lines of a chart out of the tracks of its metrics, wherever those come from."""

from collections.abc import Iterator
from typing import Protocol

from apps.monitoring.charts.chart import Chart, ChartLine, DataLine, Figure, Where
from apps.monitoring.charts.figures import NEEDS_HISTOGRAM, Moment, amount, figure_of
from apps.monitoring.measuring.metric import Kind
from apps.monitoring.snapshots.selection import Labels, known_metric
from apps.monitoring.snapshots.track import Point, Track, summed

LINES_MAX = 8
REST = "other"


class Source(Protocol):
    """Where tracks come from. `seconds` is how long each point is, `reading_seconds` how often gauges are read."""

    seconds: tuple[float, ...]
    reading_seconds: float

    def tracks(self, metric: str, *, by: tuple[str, ...], where: Where, has_histograms: bool) -> list[Track]:
        """Return a track for each combination of labels."""
        ...


def drawn(chart: Chart, source: Source) -> tuple[DataLine, ...]:
    """Return the chart's lines; raise ValueError for a metric or a label that nobody declared."""
    return tuple(line for declared in chart.lines for line in _lines(declared, source))


def _lines(line: ChartLine, source: Source) -> Iterator[DataLine]:
    kind = known_metric(line.metric).kind
    good: dict[Labels, Track] = {}
    if line.figure is Figure.SHARE:
        good = {track.labels: track for track in _tracks(line, source, {**line.where, **line.good})}
    for label, tracks in _grouped(line, _tracks(line, source, line.where), kind):
        goods = [good[track.labels] for track in tracks if track.labels in good]
        yield _drawn(line, label, _joined(tracks, source), _joined(goods, source), source)


def _tracks(line: ChartLine, source: Source, where: Where) -> list[Track]:
    by = (line.by,) if line.by else ()
    return source.tracks(line.metric, by=by, where=where, has_histograms=line.figure in NEEDS_HISTOGRAM)


def _grouped(line: ChartLine, tracks: list[Track], kind: Kind) -> list[tuple[str, list[Track]]]:
    """Return which tracks make which line: the largest one each, in the order of their labels, the rest together."""
    if not line.by:
        return [(line.label, tracks)]
    ordered = sorted(tracks, key=lambda track: (track.labels == (REST,), -amount(track.whole, kind)))
    most = LINES_MAX if len(ordered) <= LINES_MAX else LINES_MAX - 1
    kept = sorted(ordered[:most], key=lambda track: track.labels)
    groups = [(track.labels[0], [track]) for track in kept]
    return [*groups, (REST, ordered[most:])] if ordered[most:] else groups


def _joined(tracks: list[Track], source: Source) -> Track:
    if len(tracks) == 1:
        return tracks[0]
    lines = [track.points for track in tracks] or [(None,) * len(source.seconds)]
    points = tuple(summed(points) if any(points) else None for points in zip(*lines, strict=True))
    return Track(labels=(), points=points, whole=summed(track.whole for track in tracks))


def _drawn(line: ChartLine, label: str, track: Track, good: Track, source: Source) -> DataLine:
    kind = known_metric(line.metric).kind

    def figure(point: Point | None, good_point: Point | None, seconds: float) -> float | None:
        moment = Moment(
            point=point,
            good=good_point,
            kind=kind,
            seconds=seconds,
            reading_seconds=source.reading_seconds,
            bound=line.bound,
        )
        return figure_of(line.figure, moment)

    values = map(figure, track.points, good.points, source.seconds)
    whole = figure(track.whole if track.whole.count else None, good.whole, sum(source.seconds))
    return DataLine(label=label, values=tuple(values), whole=whole)
