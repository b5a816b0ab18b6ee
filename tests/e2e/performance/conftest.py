"""A site that is watched: staff in a browser, somebody who uses it, and an assistant that nobody can reach."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, expect

from tests.e2e.conftest import watch
from tests.servers.process import free_port
from tests.servers.site import Site, running_site
from tests.tuning.visitor import Visitor

PASSWORD = "demo"


@pytest.fixture(scope="session")
def watched_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The embedded default with demo data; one failed call opens the assistant's breaker."""
    nobody = f"http://127.0.0.1:{free_port()}/v1"
    folder = tmp_path_factory.mktemp("watched")
    with running_site(folder, prepare=prepared, ASSISTANT_BASE_URL=nobody, DJANGO_SUPERUSER_PASSWORD=PASSWORD) as site:
        yield site


def prepared(site: Site) -> None:
    """Make people, conversations, and a breaker that opens at once."""
    site.manage("demo_data", "--users=2", "--conversations=2", "--messages=20")
    site.manage("createsuperuser", "--noinput", "--username=root", "--email=root@example.org")
    site.manage("policies", "set", "assistant_pipeline", "failures_in_a_row=1", "--reason=to see it open")


@pytest.fixture(scope="package")
def root_session(browser: Browser, watched_site: Site) -> StorageState:
    """The cookies of a superuser, after signing in once in each browser."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{watched_site.url}/accounts/login/")
    page.locator("input[name=username]").fill("root")
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url(lambda url: "/accounts/login/" not in url)
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def staff_page(
    new_context: Callable[..., BrowserContext], root_session: StorageState, browser_errors: list[str]
) -> Callable[..., Page]:
    """Open a window of staff; what its pages complain about fails the test."""

    def at(**options: object) -> Page:
        page = new_context(storage_state=root_session, **options).new_page()
        watch(page, browser_errors)
        return page

    return at


@pytest.fixture(scope="package")
def visitor(watched_site: Site) -> Visitor:
    """Somebody who uses the site, without a browser."""
    return Visitor(watched_site.url, username="root")


def live(page: Page) -> None:
    """Wait until the page's charts move."""
    expect(page.locator("#live")).to_have_attribute("data-phase", "live")
