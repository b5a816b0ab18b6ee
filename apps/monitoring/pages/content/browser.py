"""The browsers: what their users wait for, as the browsers themselves measured it."""

from apps.monitoring.charts.chart import Chart, ChartLine, Figure
from apps.monitoring.pages.content.content import Content, KeyFigure, charts
from apps.monitoring.pages.content.feedback import feedback
from apps.monitoring.pages.content.vitals import poor_pages, vitals
from apps.monitoring.pages.table import TableSource
from apps.monitoring.pages.totals import Totals
from apps.monitoring.snapshots.window import Window

VITALS, SHIFT, TIMINGS = "web_vitals_seconds", "web_vitals_layout_shift", "chat_timing_seconds"
NAMES = {"LCP": "Largest paint", "INP": "Slowest interaction", "TTFB": "First byte"}
JUDGED = 0.75  # of 100 visits 75 are to be good (web.dev/vitals)


def figures(window: Window) -> list[KeyFigure]:
    """Return the vital signs: what 75 of 100 visits were below."""
    totals = Totals(window)
    times = [_figure(f"{title} ({name})", VITALS, {"name": (name,)}, totals) for name, title in NAMES.items()]
    return [*times, _figure("Layout shift (CLS)", SHIFT, {}, totals)]


def _figure(title: str, metric: str, where: dict[str, tuple[str, ...]], totals: Totals) -> KeyFigure:
    point = totals.whole(metric, where)
    good = totals.amount(metric, {**where, "rating": ("good",)})
    note = f"{good / point.count:.0%} of {point.count:,.0f} are good" if point.count else "no visit told"
    unit = "seconds" if metric == VITALS else ""
    tone = "warn" if good < JUDGED * point.count else ""
    return KeyFigure(title=title, value=point.quantile(JUDGED), unit=unit, note=note, tone=tone)


CONTENT = Content(
    figures=figures,
    charts=charts(
        *(
            Chart(
                name=f"vital_{name.lower()}", title=f"{title} ({name})", unit="seconds",
                lines=(
                    ChartLine(label="median", metric=VITALS, figure=Figure.P50, where={"name": (name,)}),
                    ChartLine(label="95%", metric=VITALS, figure=Figure.P95, where={"name": (name,)}),
                ),
            )
            for name, title in NAMES.items()
        ),
        Chart(
            name="vital_cls", title="Layout shift (CLS)", unit="",
            lines=(
                ChartLine(label="median", metric=SHIFT, figure=Figure.P50),
                ChartLine(label="95%", metric=SHIFT, figure=Figure.P95),
            ),
        ),
        Chart(
            name="chat_timings", title="Waits in the chat, 95 of 100 below", unit="seconds",
            lines=(ChartLine(label="", metric=TIMINGS, figure=Figure.P95, by="name"),),
        ),
        Chart(
            name="avoided", title="Requests that browsers did not send", unit="per second",
            lines=(ChartLine(label="", metric="browser_requests_avoided_total", figure=Figure.RATE, by="cause"),),
        ),
    ),
    tables=(
        TableSource(name="vitals", title="Pages, 75 of 100 visits below", make=vitals),
        TableSource(name="poor", title="Poor visits", make=poor_pages),
        TableSource(name="browser_feedback", title="Feedback", make=feedback),
    ),
)  # fmt: skip
