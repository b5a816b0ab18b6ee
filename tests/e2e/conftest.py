"""Browsers and the site they visit. Tests here never touch the ORM: the server is another process."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, expect, sync_playwright

from tests.e2e.browsers import PROGRAMS, program, running_browser
from tests.servers.site import PROJECT, Site, running_site

SCREENSHOTS = PROJECT / "test-results"
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 800}
PATIENCE_MS = 15_000
expect.set_options(timeout=PATIENCE_MS)  # as patient as the actions: a busy machine takes more than 5 s for a page


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    """Playwright's driver, ended with the tests of this folder: its event loop runs in this thread until then."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="package", params=sorted(PROGRAMS))
def browser_name(request: pytest.FixtureRequest) -> str:
    """Each browser in turn; skipped, with the reason, where it is not installed."""
    name = str(request.param)
    if program(name) is None:
        pytest.skip(f"{name} is not installed (looked for {', '.join(PROGRAMS[name])})")
    return name


@pytest.fixture(scope="package")
def browser(playwright: Playwright, browser_name: str) -> Iterator[Browser]:
    """The browser, light; each test gets a context of its own."""
    with running_browser(playwright, browser_name) as running:
        yield running


@pytest.fixture(scope="package")
def dark_browser(playwright: Playwright, browser_name: str, browser: Browser) -> Iterator[Browser]:
    """The browser for pages that ask for the dark colour scheme (with `dark_context`): Firefox needs another."""
    if browser_name != "firefox":
        yield browser
        return
    with running_browser(playwright, browser_name, dark=True) as running:
        yield running


@pytest.fixture(scope="session")
def demo_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A running site on the embedded default with the demo data; shared by the tests of this process."""
    with running_site(tmp_path_factory.mktemp("demo")) as site:
        site.manage("demo_data")
        yield site


@pytest.fixture
def new_context(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Open further windows without shared cookies: another user, a phone (`viewport=PHONE`), …"""
    with ExitStack() as stack:
        yield lambda **options: opened(stack, browser, options)


@pytest.fixture
def context(new_context: Callable[..., BrowserContext]) -> BrowserContext:
    """A fresh window: no cookies, desk size, light."""
    return new_context()


@pytest.fixture
def dark_context(dark_browser: Browser) -> Iterator[BrowserContext]:
    """A fresh window of somebody who prefers dark."""
    with ExitStack() as stack:
        yield opened(stack, dark_browser, {"color_scheme": "dark"})


@pytest.fixture
def page(context: BrowserContext, browser_errors: list[str]) -> Page:
    """A fresh page whose script errors and refused loads fail the test."""
    page = context.new_page()
    watch(page, browser_errors)
    return page


@pytest.fixture
def browser_errors() -> Iterator[list[str]]:
    """What the watched pages complained about; the test fails at its end unless this was emptied."""
    errors: list[str] = []
    yield errors
    assert not errors, "\n".join(errors)


@pytest.fixture
def screenshot(request: pytest.FixtureRequest) -> Callable[..., Path]:
    """Save a picture of the page under test-results/, named after the test."""

    def take(page: Page, name: str = "", *, full_page: bool = False) -> Path:
        SCREENSHOTS.mkdir(exist_ok=True)
        title = re.sub(r"[^a-z0-9]+", "-", f"{request.node.name} {name}".lower()).strip("-")
        path = SCREENSHOTS / f"{title}.png"
        page.screenshot(path=path, full_page=full_page)
        return path

    return take


@pytest.fixture
def sign_in(demo_site: Site) -> Callable[..., None]:
    """Sign a page in by the form: `sign_in(page, "demo2")`."""

    def by_form(page: Page, username: str = "demo1", *, site: Site = demo_site, password: str = "demo") -> None:
        page.goto(f"{site.url}/accounts/login/")
        page.locator("input[name=username]").fill(username)
        page.locator("input[name=password]").fill(password)
        page.locator("input[name=password]").press("Enter")
        page.wait_for_url(lambda url: "/accounts/login/" not in url)

    return by_form


def opened(stack: ExitStack, browser: Browser, options: dict[str, object]) -> BrowserContext:
    """Return a context that is closed with the stack."""
    context: BrowserContext = browser.new_context(**{"viewport": DESK, **options})  # type: ignore[arg-type]
    stack.callback(context.close)
    context.set_default_timeout(PATIENCE_MS)
    return context


def watch(page: Page, errors: list[str]) -> None:
    """Collect uncaught script errors and console errors (a Content-Security-Policy refusal is one)."""
    page.on("pageerror", lambda error: errors.append(f"{page.url}: {error}"))
    page.on("console", lambda message: errors.append(told(message)) if message.type == "error" else None)


def told(message: ConsoleMessage) -> str:
    """Return a console message with the address it is about."""
    return f"{message.location.get('url')}: {message.text}"
