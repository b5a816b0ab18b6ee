"""Which series of a metric are meant, and which of them make one line."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

import orjson

from apps.monitoring.measuring.metric import Metric, metric_of
from apps.monitoring.models import Series

Labels = tuple[str, ...]
Where = Mapping[str, Collection[str]]
Place = Callable[[Labels], Labels | None]


def known_metric(name: str) -> Metric:
    """Return a metric by its name; raise ValueError for one that nobody declared."""
    metric = metric_of(name)
    if metric is None:
        raise ValueError(f"metric: {name!r} is not declared.")
    return metric


def place_of(metric: Metric, *, by: Iterable[str], where: Where) -> Place:
    """Return what tells of a series' labels to which line they belong, None for none.

    A value of `where` that ends in a star stands for all that begin so: `5*` for every status of 500 and more. Raises
    ValueError for a label that the metric has not.
    """
    shown = [position(metric, name) for name in by]
    asked = [(position(metric, name), is_one_of(values)) for name, values in where.items()]
    length = len(metric.labels)

    def place(labels: Labels) -> Labels | None:
        if len(labels) != length or not all(is_wanted(labels[index]) for index, is_wanted in asked):
            return None
        return tuple(labels[index] for index in shown)

    return place


def position(metric: Metric, label: str) -> int:
    """Return where in the metric's labels one is; raise ValueError for one that it has not."""
    try:
        return metric.labels.index(label)
    except ValueError:
        raise ValueError(f"{metric.name}: it has no label {label!r}, only {', '.join(metric.labels)}.") from None


def is_one_of(values: Collection[str]) -> Callable[[str], bool]:
    """Return a test of values, exact or by their beginning."""
    exact = {value for value in values if not value.endswith("*")}
    begun = tuple(value[:-1] for value in values if value.endswith("*"))
    return lambda value: value in exact or value.startswith(begun)


def places(metric: Metric, place: Place) -> dict[int, Labels]:
    """Return the lines of the series in the database, by their numbers. One query."""
    rows: Iterable[Any] = Series.objects.filter(metric=metric.name).values_list("pk", "labels")
    found = {number: place(tuple(orjson.loads(labels))) for number, labels in rows}
    return {number: labels for number, labels in found.items() if labels is not None}
