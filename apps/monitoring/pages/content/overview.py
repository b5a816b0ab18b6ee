"""The overview: traffic, latency, errors, what the cache answers, what was saved, and what watching costs."""

from apps.monitoring.charts.chart import Chart, ChartLine, Figure, Kind
from apps.monitoring.pages.content.alerts import open_alerts, wellbeing
from apps.monitoring.pages.content.content import Content, KeyFigure, charts
from apps.monitoring.pages.content.exceptions import exceptions
from apps.monitoring.pages.content.feedback import feedback
from apps.monitoring.pages.content.routes import routes, score
from apps.monitoring.pages.content.share import share
from apps.monitoring.pages.table import TableSource
from apps.monitoring.pages.totals import Totals
from apps.monitoring.pages.unit import written
from apps.monitoring.policy import BROWSER
from apps.monitoring.snapshots.track import Point
from apps.monitoring.snapshots.window import Window

DURATION, REQUESTS, SHARED = "http_request_duration_seconds", "http_requests_total", "deduplication_requests_total"
OVERHEAD, DROPPED = "telemetry_overhead_seconds", "telemetry_dropped_total"
BY_CACHE = {"level": ("L1", "L2", "L3")}
FAILED = {"status_code": ("5*",)}
REFUSED = {"status_code": ("4*",)}
SAVED = {"role": ("waiter", "replay")}


def figures(window: Window) -> list[KeyFigure]:
    """Return the key figures of a stretch of time."""
    totals = Totals(window)
    served = totals.whole(DURATION)
    failed, cached = totals.amount(DURATION, FAILED), totals.amount(REQUESTS, BY_CACHE)
    overhead, target = totals.whole(OVERHEAD).total, BROWSER.current.apdex_seconds
    return [
        wellbeing(),
        *open_alerts(),
        KeyFigure(title="Requests", value=served.count / (sum(window.seconds) or 1), unit="per second"),
        *_latencies(served),
        KeyFigure(
            title="Errors", value=share(failed, served.count), unit="share", tone="bad" if failed else "",
            note=f"{failed:,.0f} of {served.count:,.0f}",
        ),
        KeyFigure(title="Answered by the cache", value=share(cached, totals.amount(REQUESTS)), unit="share"),
        KeyFigure(title="Work saved", value=cached + totals.amount(SHARED, SAVED), note="answers not computed"),
        KeyFigure(title="Apdex", value=score(served), note=f"satisfied below {written(target, 'seconds')}"),
        KeyFigure(
            title="Monitoring itself", value=overhead / served.count if served.count else None, unit="seconds",
            note="processor time per request",
        ),
    ]  # fmt: skip


def _latencies(served: Point) -> list[KeyFigure]:
    return [
        KeyFigure(title=title, value=served.quantile(quantile), unit="seconds")
        for title, quantile in (("Median", 0.5), ("95 of 100 below", 0.95), ("99 of 100 below", 0.99))
    ]


CONTENT = Content(
    figures=figures,
    charts=charts(
        Chart(
            name="traffic", title="Requests by what answered", unit="per second", kind=Kind.AREA,
            lines=(ChartLine(label="", metric=REQUESTS, figure=Figure.RATE, by="level"),),
        ),
        Chart(
            name="latency", title="Latency", unit="seconds",
            lines=(
                ChartLine(label="median", metric=DURATION, figure=Figure.P50),
                ChartLine(label="95%", metric=DURATION, figure=Figure.P95),
                ChartLine(label="99%", metric=DURATION, figure=Figure.P99),
            ),
        ),
        Chart(
            name="errors", title="Failed and refused", unit="per second",
            lines=(
                ChartLine(label="5xx", metric=DURATION, figure=Figure.RATE, where=FAILED),
                ChartLine(label="4xx", metric=DURATION, figure=Figure.RATE, where=REFUSED),
            ),
        ),
        Chart(
            name="hit_rate", title="Answered by the cache", unit="share",
            lines=(ChartLine(label="share", metric=REQUESTS, figure=Figure.SHARE, good=BY_CACHE),),
        ),
        Chart(
            name="saved", title="Work saved", unit="per second",
            lines=(
                ChartLine(label="from the cache", metric=REQUESTS, figure=Figure.RATE, where=BY_CACHE),
                ChartLine(label="joined", metric=SHARED, figure=Figure.RATE, where={"role": ("waiter",)}),
                ChartLine(label="replayed", metric=SHARED, figure=Figure.RATE, where={"role": ("replay",)}),
            ),
        ),
        Chart(
            name="in_flight", title="Requests in flight", unit="",
            lines=(ChartLine(label="in flight", metric="http_requests_in_flight", figure=Figure.LEVEL),),
        ),
        Chart(
            name="sockets", title="Open sockets", unit="",
            lines=(ChartLine(label="", metric="websocket_connections", figure=Figure.LEVEL, by="consumer"),),
        ),
        Chart(
            name="overhead", title="Cost of monitoring, of one core", unit="share",
            lines=(ChartLine(label="each process", metric=OVERHEAD, figure=Figure.MEAN),),  # a turn is a second
        ),
        Chart(
            name="dropped", title="Telemetry dropped", unit="per second",
            lines=(ChartLine(label="", metric=DROPPED, figure=Figure.RATE, by="kind"),),
        ),
        Chart(
            name="processor", title="Processor time, in cores", unit="",
            lines=(ChartLine(label="all processes", metric="worker_cpu_seconds_total", figure=Figure.RATE),),
        ),
        Chart(
            name="memory", title="Memory", unit="bytes",
            lines=(ChartLine(label="all processes", metric="worker_memory_bytes", figure=Figure.LEVEL),),
        ),
        Chart(
            name="loop_lag", title="Lag of the event loop", unit="seconds",
            lines=(
                ChartLine(label="95%", metric="event_loop_lag_seconds", figure=Figure.P95),
                ChartLine(label="99%", metric="event_loop_lag_seconds", figure=Figure.P99),
            ),
        ),
    ),
    tables=(
        TableSource(name="routes", title="Routes", make=routes),
        TableSource(name="exceptions", title="Exceptions", make=exceptions),
        TableSource(name="feedback", title="Feedback", make=feedback),
    ),
)  # fmt: skip
