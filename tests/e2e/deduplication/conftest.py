"""A small site and tabs that visit it. Both last for a module: a window opens slowly, and keeps our scripts."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.e2e.conftest import opened, watch
from tests.e2e.deduplication.origin import Origin, Site, running_site
from tests.e2e.deduplication.tab import REFUSED, Tab


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


@pytest.fixture(scope="module")
def complaints() -> list[str]:
    """What the pages complained about; emptied after each test."""
    return []


@pytest.fixture(scope="module")
def first_page(window: BrowserContext, complaints: list[str]) -> Page:
    return watched(window, complaints)


@pytest.fixture
def new_tab(
    origin: Origin, window: BrowserContext, first_page: Page, complaints: list[str]
) -> Iterator[Callable[..., Tab]]:
    """Open tabs of one browser window: `new_tab()`, `new_tab(user="2")`."""
    tabs: list[Tab] = []

    def opened_tab(user: str = "1") -> Tab:
        tabs.append(Tab(watched(window, complaints) if tabs else first_page, origin, user))
        return tabs[-1]

    yield opened_tab
    first_page.goto("about:blank")
    for tab in tabs[1:]:
        tab.page.close()
    unexpected = [one for one in complaints if REFUSED not in one]
    complaints.clear()
    assert not unexpected, "\n".join(unexpected)


def watched(window: BrowserContext, complaints: list[str]) -> Page:
    """Return a new page whose script errors and refused loads fail the test."""
    page = window.new_page()
    watch(page, complaints)
    return page


@pytest.fixture
def tab(new_tab: Callable[..., Tab]) -> Tab:
    return new_tab()


@pytest.fixture
def connected(window: BrowserContext) -> Iterator[BrowserContext]:
    """The window, connected again at the end."""
    yield window
    window.set_offline(False)
