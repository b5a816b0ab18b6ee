"""A small site and tabs that visit it. Both last for a module: a window opens slowly, and keeps our scripts."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.e2e.conftest import opened
from tests.e2e.deduplication.origin import Origin, Site, running_site
from tests.e2e.deduplication.tab import Tab


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with running_site() as running:
        yield running


@pytest.fixture
def origin(site: Site) -> Origin:
    return site.renew()


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
