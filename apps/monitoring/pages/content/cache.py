"""The cache: who answers, how often, what loads cost, and what memory it takes."""

from apps.monitoring.charts.chart import Chart, ChartLine, Figure, Kind
from apps.monitoring.pages.content.content import Content, KeyFigure, charts
from apps.monitoring.pages.content.namespaces import namespaces
from apps.monitoring.pages.content.share import share
from apps.monitoring.pages.table import TableSource
from apps.monitoring.pages.totals import Totals
from apps.monitoring.snapshots.window import Window

REQUESTS, LOADS = "cache_requests_total", "cache_load_duration_seconds"
HITS, READS = {"result": ("hit",)}, {"result": ("hit", "stale", "miss")}


def figures(window: Window) -> list[KeyFigure]:
    """Return the key figures of a stretch of time."""
    totals = Totals(window)
    reads, hits, loads = totals.amount(REQUESTS, READS), totals.amount(REQUESTS, HITS), totals.whole(LOADS)
    stale = totals.amount(REQUESTS, {"result": ("stale",)})
    violations = totals.amount("cache_freshness_violations_total")
    return [
        KeyFigure(title="Reads", value=reads / (sum(window.seconds) or 1), unit="per second"),
        KeyFigure(title="Hits", value=share(hits, reads), unit="share", note=f"{hits:,.0f} of {reads:,.0f}"),
        KeyFigure(title="Loads", value=loads.count, note="ended well"),
        KeyFigure(title="A load, 95 of 100 below", value=loads.quantile(0.95), unit="seconds"),
        KeyFigure(title="Stale in a load's place", value=stale, note="within grace, because the load failed"),
        KeyFigure(
            title="Older than they may be", value=violations, tone="bad" if violations else "",
            note=f"of {totals.amount('cache_freshness_checks_total'):,.0f} audited",
        ),
    ]  # fmt: skip


CONTENT = Content(
    figures=figures,
    charts=charts(
        Chart(
            name="cache_levels", title="Reads by the level that answered", unit="per second", kind=Kind.AREA,
            lines=(ChartLine(label="", metric=REQUESTS, figure=Figure.RATE, by="level"),),
        ),
        Chart(
            name="cache_hits", title="Hits by namespace", unit="share",
            lines=(ChartLine(label="", metric=REQUESTS, figure=Figure.SHARE, by="namespace", where=READS, good=HITS),),
        ),
        Chart(
            name="cache_misses", title="Misses by cause", unit="per second", kind=Kind.AREA,
            lines=(ChartLine(label="", metric="cache_misses_total", figure=Figure.RATE, by="cause"),),
        ),
        Chart(
            name="cache_loads", title="Loads", unit="seconds",
            lines=(
                ChartLine(label="median", metric=LOADS, figure=Figure.P50),
                ChartLine(label="95%", metric=LOADS, figure=Figure.P95),
                ChartLine(label="99%", metric=LOADS, figure=Figure.P99),
            ),
        ),
        Chart(
            name="cache_invalidations", title="Invalidated tags by cause", unit="per second",
            lines=(ChartLine(label="", metric="cache_invalidations_total", figure=Figure.RATE, by="cause"),),
        ),
        Chart(
            name="cache_refused", title="Fills refused by reason", unit="per second",
            lines=(ChartLine(label="", metric="cache_fills_refused_total", figure=Figure.RATE, by="reason"),),
        ),
        Chart(
            name="cache_entries", title="Entries in memory", unit="",
            lines=(ChartLine(label="", metric="cache_entries", figure=Figure.LEVEL, by="namespace"),),
        ),
        Chart(
            name="cache_bytes", title="Memory of entries", unit="bytes", kind=Kind.AREA,
            lines=(ChartLine(label="", metric="cache_bytes", figure=Figure.LEVEL, by="namespace"),),
        ),
        Chart(
            name="cache_answers", title="Whole answers", unit="per second",
            lines=(ChartLine(label="", metric="cache_answers_total", figure=Figure.RATE, by="result"),),
        ),
    ),
    tables=(TableSource(name="namespaces", title="Namespaces", make=namespaces),),
)  # fmt: skip
