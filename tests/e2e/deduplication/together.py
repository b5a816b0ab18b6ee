"""Tabs that ask at the same time."""

from tests.e2e.deduplication.tab import Tab
from tests.servers.deadline import eventually

WAITING = "navigator.locks.query().then(({ pending }) => pending.length)"


def all_ask(tabs: list[Tab], path: str) -> None:
    """Have every tab ask, and see that all but the first wait for it."""
    for tab in tabs:
        tab.ask(path)
    eventually(lambda: tabs[-1].run(WAITING) == len(tabs) - 1, what="the other tabs' waiting")
