"""Pages of charts: what is in them before any script runs."""

import csv
import io
import re
from html import unescape
from typing import Any

import orjson
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.monitoring.events.book import write
from apps.monitoring.events.happening import Happening
from apps.monitoring.measuring.metric import metric_of
from apps.monitoring.pages.content import CONTENTS
from apps.monitoring.pages.period import RANGES
from apps.monitoring.snapshots.selection import position
from tests.monitoring.pages.conftest import ROUTE

QUERIES_MOST = 120  # however many rows there are


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def embedded(html: str) -> Any:
    """Return what the page gives its script."""
    found = re.search(r'<script type="application/json" id="embedded">(.*?)</script>', html, re.DOTALL)
    assert found
    return orjson.loads(found[1])


def sent(client: Client, path: str) -> list[list[str]]:
    """Return the rows of a file."""
    answer = client.get(path)
    assert answer.streaming
    return list(csv.reader(io.StringIO(answer.getvalue().decode())))


@pytest.mark.usefixtures("measured")
def test_the_first_paint_holds_the_figures_in_words_and_for_the_script(staff: Client) -> None:
    html = page(staff, "/performance/")
    charts = {chart["name"]: chart for chart in embedded(html)["charts"]}
    levels = {line["label"]: line for line in charts["traffic"]["lines"]}
    assert max(value or 0 for value in levels["L2"]["values"]) == 6.0
    assert charts["hit_rate"]["lines"][0]["whole"] == 0.6
    assert 'aria-label="Answered by the cache. share: 60%."' in html
    assert "5 of 100" in unescape(html)


@pytest.mark.usefixtures("measured")
def test_before_anything_is_recorded_pages_say_so(staff: Client) -> None:
    html = page(staff, "/performance/cache/")
    assert "Nothing was read from the cache in this time." in html
    assert embedded(html)["markers"] == []


@pytest.mark.parametrize("slug", sorted(CONTENTS))
@pytest.mark.parametrize("name", ["5m", "1h", "90d"])
@pytest.mark.usefixtures("measured")
def test_every_page_opens_for_every_range_with_few_queries(staff: Client, slug: str, name: str) -> None:
    with CaptureQueriesContext(connection) as queries:
        html = page(staff, f"/performance/{slug}{'/' if slug else ''}?range={name}&compare=1")
    assert len(queries) <= QUERIES_MOST
    told = embedded(html)
    assert told["seconds"] == RANGES[name][1]
    assert told["live"] is (name != "90d")


@pytest.mark.usefixtures("measured")
def test_what_holds_now_is_not_told_of_the_period_before(staff: Client) -> None:
    html = page(staff, "/performance/?compare=1")
    figures = dict(re.findall(r"<dt>(.*?)</dt><dd.*?>(.*?)</dd>", html))
    assert "before:" in figures["Requests"]
    assert "before:" not in figures["Open alerts"] + figures["Health"]
    assert "compare=1" not in page(staff, "/performance/alerts/").split("<main")[1]


def test_every_chart_draws_what_somebody_declared() -> None:
    lines = [line for content in CONTENTS.values() for chart in content.drawable for line in chart.lines]
    for line in lines:
        metric = metric_of(line.metric)
        assert metric is not None
        for label in {*line.where, *line.good, *([line.by] if line.by else [])}:
            assert position(metric, label) >= 0


@pytest.mark.usefixtures("measured")
def test_a_period_that_ended_is_shown_as_it_was(staff: Client, measured: int) -> None:
    then = embedded(page(staff, f"/performance/?range=5m&until={measured + 30}"))
    assert (then["live"], then["end"]) == (False, measured + 30)
    before = embedded(page(staff, f"/performance/?range=5m&until={measured - 30}"))
    assert not any(value for chart in before["charts"] for line in chart["lines"] for value in line["values"])


@pytest.mark.usefixtures("measured")
@pytest.mark.parametrize("query", ["range=century", "until=never", "until=1", "range=5m&until=" + "9" * 30])
def test_nonsense_in_the_address_is_as_if_it_were_not_there(staff: Client, query: str) -> None:
    assert embedded(page(staff, f"/performance/?{query}"))["live"] is True


@pytest.mark.usefixtures("measured")
def test_the_period_before_stands_beside_the_figures(staff: Client) -> None:
    told = {chart["name"]: chart for chart in embedded(page(staff, "/performance/?compare=1"))["charts"]}
    assert [line["label"] for line in told["latency"]["before"]] == ["median", "95%", "99%"]
    assert all(chart["before"] == [] for chart in embedded(page(staff, "/performance/"))["charts"])


@pytest.mark.usefixtures("measured")
def test_tables_and_charts_are_files_too(staff: Client) -> None:
    head, row = sent(staff, "/performance/routes.csv")
    assert head[:3] == ["Method", "Route", "Requests"]
    assert row[:3] == ["GET", ROUTE, "100.0"]
    head, *rows = sent(staff, "/performance/traffic.csv?range=5m")
    assert head == ["time", "L2 (per second)", "none (per second)"]
    assert len(rows) == 30
    assert sum(float(row[1]) for row in rows) == 6.0


def test_what_happened_is_marked_and_cannot_break_the_page(staff: Client) -> None:
    write(Happening(kind="breaker", subject="x", state="open", title="</script><b>x", link="/performance/resilience/"))
    html = page(staff, "/performance/")
    assert [marker["title"] for marker in embedded(html)["markers"]] == ["</script><b>x"]
    assert "<b>x" not in html


def test_formulas_do_not_reach_a_spreadsheet(staff: Client) -> None:
    write(Happening(kind="breaker", subject="x", state="open", title="=cmd()", detail="plain"))
    assert sent(staff, "/performance/events/events.csv")[1][2:4] == ["'=cmd()", "plain"]


@pytest.mark.usefixtures("measured")
def test_the_first_page_of_the_admin_has_the_key_figures(superuser: Client) -> None:
    html = page(superuser, "/admin/")
    assert "The last hour" in html
    assert "60%" in html
