"""Tabs that ask at the same time."""

from tests.e2e.deduplication.tab import Tab
from tests.servers.deadline import eventually

WAITING = "navigator.locks.query().then(({ pending }) => pending.length)"
HELD = "navigator.locks.query().then(({ held }) => held.length)"


def all_ask(tabs: list[Tab], path: str) -> None:
    """Have every tab ask, and see that all but the first wait for it: it has its turn before the others ask."""
    first, *others = tabs
    first.ask(path)
    eventually(lambda: first.run(HELD) == 1, what="the first tab's turn")
    for tab in others:
        tab.ask(path)
    eventually(lambda: tabs[-1].run(WAITING) == len(tabs) - 1, what="the other tabs' waiting")
