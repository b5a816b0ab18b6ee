"""A small site of the test's own, and tabs that visit it."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext

from tests.e2e.deduplication.origin import Origin, running_origin
from tests.e2e.deduplication.tab import Tab


@pytest.fixture
def origin() -> Iterator[Origin]:
    with running_origin() as running:
        yield running


@pytest.fixture
def new_tab(origin: Origin, context: BrowserContext, browser_errors: list[str]) -> Iterator[Callable[..., Tab]]:
    """Open tabs of one browser window: `new_tab()`, `new_tab(user="2")`."""
    tabs: list[Tab] = []

    def opened(user: str = "1") -> Tab:
        tabs.append(Tab(context, origin, browser_errors, user))
        return tabs[-1]

    yield opened
    for tab in tabs:
        tab.expect_refusals()


@pytest.fixture
def tab(new_tab: Callable[..., Tab]) -> Tab:
    return new_tab()
