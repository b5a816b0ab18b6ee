"""A small site of the test's own, and tabs that visit it: one window for each module, for its start takes a second."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.e2e.conftest import opened
from tests.e2e.deduplication.origin import Origin, running_origin
from tests.e2e.deduplication.tab import Tab


@pytest.fixture
def origin() -> Iterator[Origin]:
    """The port is new for each test, so nothing of an earlier one is in the browser's cache, locks or channels."""
    with running_origin() as running:
        yield running


@pytest.fixture(scope="module")
def window(browser: Browser) -> Iterator[BrowserContext]:
    with ExitStack() as stack:
        yield opened(stack, browser, {})


@pytest.fixture
def new_tab(origin: Origin, window: BrowserContext, browser_errors: list[str]) -> Iterator[Callable[..., Tab]]:
    """Open tabs of one browser window: `new_tab()`, `new_tab(user="2")`."""
    tabs: list[Tab] = []

    def opened_tab(user: str = "1") -> Tab:
        tabs.append(Tab(window, origin, browser_errors, user))
        return tabs[-1]

    yield opened_tab
    for tab in tabs:
        tab.expect_refusals()
        tab.page.close()


@pytest.fixture
def tab(new_tab: Callable[..., Tab]) -> Tab:
    return new_tab()
