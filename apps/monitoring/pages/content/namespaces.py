"""The namespaces of the cache: what each answered, and what it saved."""

from collections import Counter, defaultdict

from django.urls import reverse

from apps.monitoring.pages.content.share import share
from apps.monitoring.pages.period import Period
from apps.monitoring.pages.table import CODE, Cell, Column, Table
from apps.monitoring.pages.totals import Totals
from apps.monitoring.snapshots.track import Point

REQUESTS, LOADS = "cache_requests_total", "cache_load_duration_seconds"
COLUMNS = (
    Column(title="Namespace", unit=CODE),
    Column(title="Reads", unit=""),
    Column(title="Hits", unit="share"),
    Column(title="L1", unit=""),
    Column(title="L2", unit=""),
    Column(title="L3", unit=""),
    Column(title="Stale", unit=""),
    Column(title="Misses", unit=""),
    Column(title="Load, median", unit="seconds"),
    Column(title="Load, 95%", unit="seconds"),
    Column(title="Time saved", unit="seconds"),
)


def namespaces(period: Period) -> Table:
    """Return the namespaces, the most read first; the time saved is that of as many loads as there were hits."""
    totals = Totals(period.window)
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for (namespace, level, result), point in totals.by(REQUESTS, "namespace", "level", "result"):
        found[namespace][level if result == "hit" else result] += int(point.total)
    loads = {namespace: point for (namespace,), point in totals.by(LOADS, "namespace")}
    rows = [_row(name, counted, loads.get(name)) for name, counted in found.items() if counted.total()]
    rows.sort(key=lambda row: -float(row[1].value or 0))  # type: ignore[arg-type]
    return Table(columns=COLUMNS, rows=rows, empty="Nothing was read from the cache in this time.")


def _row(name: str, counted: Counter[str], loads: Point | None) -> list[Cell]:
    hits = sum(counted[kind] for kind in ("L1", "L2", "L3"))
    reads = hits + counted["stale"] + counted["miss"]
    mean = loads.mean if loads else None
    return [
        Cell(value=name, link=reverse("admin:caching_cachenamespace_change", args=(name,))),
        Cell(value=reads),
        Cell(value=share(hits, reads)),
        *(Cell(value=counted[kind]) for kind in ("L1", "L2", "L3", "stale")),
        Cell(value=counted["miss"]),
        Cell(value=loads.quantile(0.5) if loads else None),
        Cell(value=loads.quantile(0.95) if loads else None),
        Cell(value=hits * mean if mean is not None else None),
    ]
