"""Two server processes on one Postgres and one Redis, and both browsers: ada in Chromium, grace in Firefox."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright

from tests.e2e.browsers import PROGRAMS, program, running_browser
from tests.e2e.chat.conftest import PASSWORD, PEOPLE, SIGN_UP, session_of
from tests.e2e.chat.desk import NUMBERS, Desk
from tests.e2e.conftest import opened, watch
from tests.servers.migrated import migrated_database
from tests.servers.postgres import Postgres
from tests.servers.redis import Redis
from tests.servers.site import Site, running_site
from tests.servers.upstream import Upstream, running_upstream


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """The two processes, and the endpoint that answers for the assistant."""

    one: Site
    two: Site
    upstream: Upstream


@pytest.fixture(scope="package")
def pair(postgres: Postgres, redis_server: Redis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Both running, with ada and grace; what they do not touch waits for the next test."""
    with ExitStack() as stack:
        upstream = stack.enter_context(running_upstream())
        shared: dict[str, Any] = {
            "DATABASE_URL": stack.enter_context(migrated_database(postgres)),
            "REDIS_URL": redis_server.url(),
            "SECRET_KEY": "k" * 50,
            "ASSISTANT_BASE_URL": upstream.url,
        }
        one = stack.enter_context(running_site(tmp_path_factory.mktemp("one"), migrate=False, **shared))
        one.manage("shell", "-c", "; ".join(SIGN_UP.format(name, PASSWORD) for name in PEOPLE))
        two = stack.enter_context(running_site(tmp_path_factory.mktemp("two"), migrate=False, **shared))
        yield Pair(one=one, two=two, upstream=upstream)


@pytest.fixture(scope="package")
def browsers(playwright: Playwright) -> Iterator[dict[str, Browser]]:
    """Both browsers at once; skipped, with the reason, where one is not installed."""
    missing = [name for name in PROGRAMS if program(name) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    with ExitStack() as stack:
        yield {name: stack.enter_context(running_browser(playwright, name)) for name in PROGRAMS}


@pytest.fixture(scope="package")
def kept(browsers: dict[str, Browser], pair: Pair) -> dict[tuple[str, str], Any]:
    """Everybody's cookies in either browser, after signing in once; both sites take them."""
    return {(name, kind): session_of(browsers[kind], pair.one, name) for name in PEOPLE for kind in PROGRAMS}


@pytest.fixture
def desk_in(
    browsers: dict[str, Browser], pair: Pair, kept: dict[tuple[str, str], Any], browser_errors: list[str]
) -> Iterator[Callable[..., Desk]]:
    """Open a signed-in window: `desk_in("firefox", "grace", pair.two)`."""
    with ExitStack() as stack:

        def at(kind: str, name: str, site: Site, *, script: str = "") -> Desk:
            context = opened(stack, browsers[kind], {"storage_state": kept[name, kind]})
            if script:
                context.add_init_script(script)
            page = context.new_page()
            watch(page, browser_errors)
            page.goto(f"{site.url}/conversations/")
            return Desk(page=page, url=site.url)

        yield at


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A conversation of the two, open in both browsers."""

    ada: Desk
    grace: Desk
    path: str

    @property
    def api(self) -> str:
        """The conversation in the API."""
        return f"/api/conversations/{self.path.split('/')[2]}"


@pytest.fixture
def table(desk_in: Callable[..., Desk], pair: Pair) -> Table:
    """Ada in Chromium on one process, grace in Firefox on the other, both live in a new conversation."""
    ada, grace = desk_in("chromium", "ada", pair.one), desk_in("firefox", "grace", pair.two)
    made = ada.call("POST", "/api/conversations", title=f"Table {next(NUMBERS)}", has_assistant=False)
    ada.call("POST", f"/api/conversations/{made['id']}/members", username="grace")
    for desk in (ada, grace):
        desk.open(f"/c/{made['id']}/")
        desk.wait_live()
    return Table(ada=ada, grace=grace, path=f"/c/{made['id']}/")
