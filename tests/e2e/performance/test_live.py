"""Live: what happens now is on the page within two seconds."""

import statistics
import time
from collections.abc import Callable
from datetime import datetime

from playwright.sync_api import Page, expect

from tests.e2e.chat.desk import Desk
from tests.e2e.performance.conftest import live
from tests.servers.deadline import eventually
from tests.servers.site import Site
from tests.tuning.visitor import Visitor

BUSY = 20  # requests at once
PROMISE_SECONDS = 2.0
# Begins to look for the time at which an element says something for the first time.
WATCH = """([selector, pattern]) => { window.shownAt = new Promise((done, fail) => {
  setTimeout(() => fail(new Error(`${selector} never said ${pattern}`)), 15_000);
  const look = () => {
    if (![...document.querySelectorAll(selector)].some((one) => new RegExp(pattern).test(one.textContent))) return;
    observer.disconnect();
    done(Date.now() / 1000);
  };
  const observer = new MutationObserver(look);
  observer.observe(document.body, { childList: true, subtree: true, characterData: true });
  look();
}); }"""
END = "Chart.getChart(document.querySelector('#c-traffic canvas')).scales.x.max"
QUIET = "[...document.querySelectorAll('#c-traffic .chart-legend b')].every((one) => /^(0|—)/.test(one.textContent))"
ANY = "[1-9]"


def test_charts_move_within_two_seconds_of_what_they_show(
    staff_page: Callable[..., Page], watched_site: Site, visitor: Visitor
) -> None:
    page = staff_page()
    page.goto(f"{watched_site.url}/performance/?range=5m")
    live(page)
    before = page.evaluate(END)
    eventually(lambda: is_shown(page, visitor), what="a chart that follows")  # it does after the first seconds
    delays = [delay_of(page, visitor) for _ in range(3)]
    assert statistics.median(delays) <= PROMISE_SECONDS
    assert page.evaluate(END) > before


def is_shown(page: Page, visitor: Visitor) -> bool:
    """Ask once more, and return whether the chart shows that anything was asked."""
    visitor.get("/api/conversations")
    return not page.evaluate(QUIET)


def delay_of(page: Page, visitor: Visitor) -> float:
    """Return the seconds from a burst of requests to the chart that shows it."""
    eventually(lambda: page.evaluate(QUIET), what="a chart that shows nothing")
    page.evaluate(WATCH, ["#c-traffic .chart-legend b", ANY])
    began = time.time()
    for _ in range(BUSY):
        visitor.get("/api/conversations")
    return shown_at(page) - began


def shown_at(page: Page) -> float:
    """Return when what is watched for was shown; raises where it is not within some seconds."""
    return float(page.evaluate("window.shownAt"))


def test_a_breaker_that_opens_is_on_the_page_within_two_seconds(
    staff_page: Callable[..., Page], watched_site: Site, visitor: Visitor
) -> None:
    page = staff_page()
    page.goto(f"{watched_site.url}/performance/resilience/")
    live(page)
    row = page.get_by_role("row").filter(has_text="assistant")
    expect(row.locator(".state")).to_have_text("closed")
    page.evaluate(WATCH, ["#spoken", "Breaker assistant: closed → open"])
    desk = Desk(page=staff_page(), url=watched_site.url)
    conversation = failed(desk)
    shown = shown_at(page)
    page.evaluate(WATCH, ["[data-fresh=tables] .state", "^open$"])
    state = shown_at(page)
    marker = page.locator("#markers a").filter(has_text="closed → open").first
    opened = datetime.fromisoformat(str(marker.locator("time").get_attribute("datetime"))).timestamp()
    assert shown - opened <= PROMISE_SECONDS
    assert state - opened <= PROMISE_SECONDS + 1  # the table is asked for once it is known
    desk.call("DELETE", f"/api/conversations/{conversation}")  # nobody waits for the answer any more
    visitor.post("/admin/resilience/dependency/assistant/", command="close", reason="the next browser opens it again")


def failed(desk: Desk) -> int:
    """Ask the assistant that nobody can reach, and return the conversation."""
    desk.open("/conversations/")
    made = desk.call("POST", "/api/conversations", title="Tea", has_assistant=True)
    desk.call("POST", f"/api/conversations/{made['id']}/messages", text="Which tea?", client_id=f"c{made['id']}")
    return int(made["id"])
