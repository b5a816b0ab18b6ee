"""Resilience: how dependencies answer, and what breakers, budgets and bulkheads do about it."""

from apps.monitoring.charts.chart import Chart, ChartLine, Figure, Kind
from apps.monitoring.pages.content.content import Content, charts
from apps.monitoring.pages.content.dependencies import MADE, dependencies
from apps.monitoring.pages.table import TableSource

STATE, CALLS = "circuit_breaker_state", "circuit_breaker_calls_total"
ATTEMPTS = "outgoing_call_duration_seconds"
REJECTING = {"state": ("open", "forced-open")}
OUTCOMES = ("success", "rejected", "failure", "ignored")  # not by name: failure would be green
SOME = {"outcome": ("success", "failure")}

CONTENT = Content(
    charts=charts(
        Chart(
            name="breakers_open", title="Open breakers", unit="", kind=Kind.BAR,
            lines=(ChartLine(label="", metric=STATE, figure=Figure.LEVEL, by="name", where=REJECTING),),
        ),
        Chart(
            name="breaker_calls", title="Calls by how they ended", unit="per second", kind=Kind.AREA,
            lines=tuple(
                ChartLine(label=outcome, metric=CALLS, figure=Figure.RATE, where={"outcome": (outcome,)})
                for outcome in OUTCOMES
            ),
        ),
        Chart(
            name="breaker_failures", title="Failures by dependency", unit="share",
            lines=(
                ChartLine(label="", metric=CALLS, figure=Figure.SHARE, by="name", where=SOME,
                          good={"outcome": ("failure",)}),
            ),
        ),
        Chart(
            name="attempts", title="Attempts, 95 of 100 below", unit="seconds",
            lines=(ChartLine(label="", metric=ATTEMPTS, figure=Figure.P95, by="name"),),
        ),
        Chart(
            name="retry_budgets", title="What is left of the budgets of retries", unit="",
            lines=(ChartLine(label="", metric="retry_budget_tokens", figure=Figure.MEAN, by="name"),),
        ),
        Chart(
            name="retries", title="Attempts after the first", unit="per second",
            lines=(ChartLine(label="", metric="retries_total", figure=Figure.RATE, by="name", where=MADE),),
        ),
        Chart(
            name="bulkheads", title="Calls that have a place, or wait for one", unit="",
            lines=(ChartLine(label="", metric="bulkhead_calls", figure=Figure.LEVEL, by="name"),),
        ),
        Chart(
            name="fallbacks", title="Answered by what stands in", unit="per second",
            lines=(ChartLine(label="", metric="fallbacks_total", figure=Figure.RATE, by="name"),),
        ),
        Chart(
            name="redis", title="Commands to Redis, 95 of 100 below", unit="seconds",
            lines=(ChartLine(label="", metric="redis_operation_duration_seconds", figure=Figure.P95, by="operation"),),
        ),
    ),
    tables=(TableSource(name="dependencies", title="Dependencies", make=dependencies),),
)  # fmt: skip
