"""A site with people and a long conversation, and a desk at which one of them is signed in."""

import csv
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState

from tests.e2e.chat.desk import Desk, go_to
from tests.e2e.conftest import watch
from tests.servers.site import Site, running_site

LONG_MESSAGES = 900  # more than twice what a page holds
LONG_TITLE = "Long conversation"
PASSWORD = "green tea at noon"
PEOPLE = ("ada", "grace")
CODE = "Look:\\n\\n```python\\nprint('a line', " + "'that is long enough to scroll', " * 5 + "0)\\n```"
SIGN_UP = "from apps.chat.services.accounts import sign_up; sign_up(username='{0}', password='{1}')"


@pytest.fixture(scope="session")
def chat_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A running site where ada has a conversation of 900 messages; shared, so no test changes that one."""
    folder = tmp_path_factory.mktemp("chat")
    with running_site(folder / "site") as site:
        site.manage("shell", "-c", "; ".join(SIGN_UP.format(name, PASSWORD) for name in PEOPLE))
        long_file(folder / "long.csv")
        site.manage("import_conversations", str(folder / "long.csv"), "--owner=ada")
        yield site


def long_file(path: Path, *, title: str = LONG_TITLE, messages: int = LONG_MESSAGES) -> None:
    """Write a long conversation: numbered messages of several people, some long, some with code."""
    start = datetime(2026, 3, 1, 8, tzinfo=UTC)
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["conversation", "author", "role", "sent_at", "text"])
        for number in range(1, messages + 1):
            author = ("ada", "grace", "Marie", "Emmy")[number // 3 % 4]
            sent_at = start + timedelta(minutes=29 * number)
            rows.writerow([title, author, "user", sent_at.isoformat(), long_text(number)])


def long_text(number: int) -> str:
    """Return the text of a message of the long conversation: its number, and enough to make heights differ."""
    if number % 40 == 0:
        return f"Number {number}. {CODE}"
    return f"Number {number}. " + "Words that fill a line or two. " * (number % 7)


@pytest.fixture(scope="package")
def sessions(browser: Browser, chat_site: Site) -> dict[str, StorageState]:
    """Everybody's cookies, after signing in by the form once in each browser."""
    return {name: session_of(browser, chat_site, name) for name in PEOPLE}


def session_of(browser: Browser, site: Site, name: str) -> StorageState:
    """Sign in by the form in a window of its own and return what the browser keeps of it."""
    context = browser.new_context()
    signed_in(context.new_page(), site, name)
    state = context.storage_state()
    context.close()
    return state


def signed_in(page: Page, site: Site, name: str) -> Desk:
    """Sign a page in by the form."""
    go_to(page, f"{site.url}/accounts/login/")
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Password").press("Enter")
    page.wait_for_url(lambda url: "/accounts/login/" not in url)
    return Desk(page=page, url=site.url)


@pytest.fixture
def desk_of(
    new_context: Callable[..., BrowserContext],
    chat_site: Site,
    sessions: dict[str, StorageState],
    browser_errors: list[str],
) -> Callable[..., Desk]:
    """Open signed-in browsers: `desk_of("grace")`, `desk_of("ada", viewport=PHONE)`."""

    def opened(name: str, **options: object) -> Desk:
        page = new_context(storage_state=sessions[name], **options).new_page()
        watch(page, browser_errors)
        page.goto(chat_site.url)
        return Desk(page=page, url=chat_site.url)

    return opened


@pytest.fixture
def desk(desk_of: Callable[..., Desk]) -> Desk:
    """Ada's browser, signed in."""
    return desk_of("ada")
