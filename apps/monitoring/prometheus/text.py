"""Series as text: Prometheus 0.0.4 and OpenMetrics 1.0. Written for speed: what stays the same is made once."""

from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import accumulate

from apps.monitoring.measuring.metric import Kind, Merge, Metric
from apps.monitoring.measuring.scale import index_of
from apps.monitoring.measuring.sheet import Exemplar, Labels
from apps.monitoring.prometheus.coarse import slots_of
from apps.monitoring.prometheus.total import Series, Total

PLAIN = "text/plain; version=0.0.4; charset=utf-8"
OPEN = "application/openmetrics-text; version=1.0.0; charset=utf-8"
UNITS = ("seconds", "bytes", "ratio")
KEPT = 8_192  # beginnings of lines that are kept


def plain(total: Total) -> str:
    """Return the series in the format every Prometheus reads."""
    return "".join(_lines(total, _head_of_plain, is_open=False))


def opened(total: Total) -> str:
    """Return the series as OpenMetrics, with examples: the trace of one request beside the bucket it fell into."""
    return "".join(_lines(total, _head_of_open, is_open=True)) + "# EOF\n"


def _lines(total: Total, head: Callable[[Metric], str], *, is_open: bool) -> Iterator[str]:
    for metric in sorted(total.families, key=lambda metric: metric.name):
        yield head(metric)
        series = total.families[metric]
        yield from (
            _distributions(metric, series, is_open=is_open)
            if metric.kind is Kind.DISTRIBUTION
            else (f"{_beginning(metric, labels)}{line.value!r}\n" for labels, line in series.items())
        )


def _distributions(metric: Metric, series: Series, *, is_open: bool) -> Iterator[str]:
    slots, size = slots_of(metric.bounds), len(metric.bounds) + 1
    for labels, line in series.items():
        counts = [0] * size
        for index, times in (line.counts or {}).items():
            counts[slots[index]] += times
        below = list(accumulate(counts))
        *heads, tail = _beginnings(metric, labels)
        buckets = [f"{head}{number}\n" for head, number in zip(heads, below, strict=True)]
        if is_open and line.exemplar:
            place = slots[index_of(line.exemplar[1])]
            buckets[place] = f"{buckets[place][:-1]}{_example(line.exemplar)}\n"
        yield from buckets
        yield f"{metric.name}_sum{tail}{line.value!r}\n{metric.name}_count{tail}{below[-1]}\n"


def _head_of_plain(metric: Metric) -> str:
    text = metric.help.replace("\\", r"\\").replace("\n", r"\n")
    return f"# HELP {metric.name} {text}\n# TYPE {metric.name} {metric.kind}\n"


def _head_of_open(metric: Metric) -> str:
    name = metric.name.removesuffix("_total") if metric.kind is Kind.COUNTER else metric.name
    unit = name.rpartition("_")[2]
    told = f"# UNIT {name} {unit}\n" if unit in UNITS else ""
    return f"# TYPE {name} {metric.kind}\n{told}# HELP {name} {_escaped(metric.help)}\n"


@lru_cache(maxsize=KEPT)
def _beginning(metric: Metric, labels: Labels) -> str:
    """Return the line of a number up to its value."""
    return f"{metric.name}{_braced(_pairs(metric, labels))} "


@lru_cache(maxsize=KEPT)
def _beginnings(metric: Metric, labels: Labels) -> list[str]:
    """Return the lines of the buckets up to their numbers, and what follows the names of sum and count."""
    pairs = _pairs(metric, labels)
    bounds = [f'le="{float(bound)!r}"' for bound in metric.bounds]
    heads = [f"{metric.name}_bucket{_braced([*pairs, bound])} " for bound in (*bounds, 'le="+Inf"')]
    return [*heads, f"{_braced(pairs)} "]


def _pairs(metric: Metric, labels: Labels) -> list[str]:
    names = (*metric.labels, "process") if metric.merge is Merge.EACH else metric.labels
    return [f'{name}="{_escaped(label)}"' for name, label in zip(names, labels, strict=True)]


def _braced(pairs: list[str]) -> str:
    return f"{{{','.join(pairs)}}}" if pairs else ""


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def _example(exemplar: Exemplar) -> str:
    trace_id, value, at = exemplar
    return f' # {{trace_id="{_escaped(trace_id)}"}} {value!r} {at:.3f}'
