"""A chat of 5,000 messages (`make soak`; 1,500 else) scrolls: nothing holds up the page for longer than 50 ms."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.chat.conftest import long_file
from tests.e2e.chat.desk import Desk
from tests.e2e.live.conftest import Pair
from tests.soak import length

TITLE, MESSAGES = "Very long", length(5_000, short=1_500)
LONG_MICROSECONDS = 50_000
# Scrolls from the end to the first message, as fast as pages come; answers the browser's long tasks, in milliseconds.
SCROLL = """async () => {
  const pane = document.getElementById("history");
  const tasks = [];
  const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries().map((one) => one.duration)));
  observer.observe({ type: "longtask" });
  while (document.querySelector("#messages .message").dataset.sequence !== "1") {
    pane.scrollTop -= 900;
    await new Promise(requestAnimationFrame);
  }
  await new Promise((done) => setTimeout(done, 100));
  return tasks;
}"""


@pytest.mark.soak
def test_a_very_long_chat_scrolls_without_a_long_task(
    desk_in: Callable[..., Desk], browsers: dict[str, Browser], pair: Pair, tmp_path: Path
) -> None:
    long_file(tmp_path / "long.csv", title=TITLE, messages=MESSAGES)
    pair.one.manage("import_conversations", str(tmp_path / "long.csv"), "--owner=ada")
    desk = desk_in("chromium", "ada", pair.one)
    desk.open_titled(TITLE)
    expect(desk.messages.last).to_contain_text(f"Number {MESSAGES}.")
    desk.wait_live()
    browsers["chromium"].start_tracing(page=desk.page, categories=["toplevel"])
    seen = desk.page.evaluate(SCROLL)
    worked = long_work(json.loads(browsers["chromium"].stop_tracing())["traceEvents"])
    assert seen == [] or worked == [], f"{seen} ms by the clock, {worked} µs of work"


def long_work(events: list[dict[str, Any]]) -> list[int]:
    """Return tasks of pages' main threads that the processor itself worked on too long.

    The browser's own long tasks go by the clock: they count the time in which other programs had the processor.
    """
    mains = {(one["pid"], one["tid"]) for one in events if one.get("args", {}).get("name") == "CrRendererMain"}
    tasks = [one for one in events if one["name"].endswith("RunTask") and (one["pid"], one["tid"]) in mains]
    assert tasks, "the trace has no tasks"
    return [one["tdur"] for one in tasks if one.get("tdur", 0) > LONG_MICROSECONDS]
