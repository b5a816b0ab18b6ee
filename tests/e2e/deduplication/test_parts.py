"""The parts that decide without waiting: bounds, order, keys."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.e2e.deduplication.origin import Site
from tests.e2e.deduplication.tab import Tab

pytestmark = pytest.mark.parametrize("browser_name", ["chromium"], indirect=True)


@pytest.fixture(scope="module")
def tab(site: Site, first_page: Page) -> Tab:
    """One page for all: nothing here changes it."""
    return Tab(first_page, site.renew(), "1")


def told(tab: Tab, part: str, script: str) -> Any:
    """Return what a script answers that uses one module of ours."""
    return tab.run(f"import('/static/deduplication/{part}.js').then((part) => {{ {script} }})")


def test_memory_is_bounded_by_number_and_forgets_what_was_not_used(tab: Tab) -> None:
    kept = told(
        tab,
        "memory",
        """
      const memory = new part.Memory({ entries: 3, bytes: 1000 });
      for (const key of ["a", "b", "c"]) memory.set(key, { text: "" });
      memory.get("a");
      memory.set("d", { text: "" });
      return [...memory.entries.keys()];
    """,
    )
    assert kept == ["c", "a", "d"]


def test_memory_is_bounded_by_bytes(tab: Tab) -> None:
    kept = told(
        tab,
        "memory",
        """
      const memory = new part.Memory({ entries: 100, bytes: 100 });
      for (const key of ["a", "b", "c"]) memory.set(key, { text: "x".repeat(19) });
      memory.set("c", { text: "x".repeat(29) });
      memory.set("huge", { text: "x".repeat(50) });
      return [[...memory.entries.keys()], memory.bytes];
    """,
    )
    assert kept == [["b", "c"], 100]


def test_memory_that_was_cleared_is_empty(tab: Tab) -> None:
    kept = told(
        tab,
        "memory",
        """
      const memory = new part.Memory({ entries: 3, bytes: 1000 });
      memory.set("a", { text: "secret" });
      memory.clear();
      return [memory.get("a") ?? null, memory.bytes];
    """,
    )
    assert kept == [None, 0]


def test_two_people_have_no_key_in_common(tab: Tab) -> None:
    keys = told(
        tab,
        "resource",
        """
      return ["1", "2", "null", null].map((user) => part.resource("/data", { user }).key);
    """,
    )
    assert len({json.dumps(key) for key in keys}) == 4


def test_an_order_seen_is_kept_though_the_clock_stands_still_or_is_behind(tab: Tab) -> None:
    stamps = told(
        tab,
        "fences",
        """
      const fences = new part.Fences({ now: () => 100 });
      const stamps = [fences.next(), fences.next()];
      fences.mark("numbers", 5000);
      const is = (stamp) => fences.isCurrent({ stamp, tags: ["numbers"] });
      return [...stamps, fences.next(), is(5000), is(5001)];
    """,
    )
    assert stamps == [100, 101, 5001, False, True]


def test_a_late_mark_does_not_take_back_a_later_one(tab: Tab) -> None:
    is_current = told(
        tab,
        "fences",
        """
      const fences = new part.Fences({ now: () => 0 });
      fences.mark("numbers", 20);
      fences.mark("numbers", 10);
      return fences.isCurrent({ stamp: 15, tags: ["numbers"] });
    """,
    )
    assert is_current is False


def test_a_forgotten_mark_makes_nothing_current_again(tab: Tab) -> None:
    known = told(
        tab,
        "fences",
        """
      const fences = new part.Fences({ now: () => 0, most: 2 });
      for (const [tag, stamp] of [["a", 10], ["b", 20], ["c", 30]]) fences.mark(tag, stamp);
      const is = (stamp, tag) => fences.isCurrent({ stamp, tags: [tag] });
      return [fences.marks.size, is(9, "a"), is(10, "a"), is(11, "a"), is(25, "c")];
    """,
    )
    assert known == [2, False, False, True, False]


def test_runs_are_planned_one_at_a_time_and_not_too_often(tab: Tab) -> None:
    pauses = told(
        tab,
        "throttle",
        """
      const throttle = new part.Throttle({ everyMs: 100, atLeastMs: 10, jitterMs: 20, random: () => 0.5 });
      return [0, 5, 20, 25, 200, 1000].map((now) => throttle.plan(now));
    """,
    )
    assert pauses == [20, None, 110, None, 40, 20]
