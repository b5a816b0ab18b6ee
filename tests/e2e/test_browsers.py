"""The browsers themselves: both load a page from a real server, run its scripts, and draw it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.e2e.conftest import PHONE, watch
from tests.servers.site import Site, running_site

DARK = "matchMedia('(prefers-color-scheme: dark)').matches"


@pytest.fixture(scope="module")
def empty_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("empty"), DJANGO_SUPERUSER_PASSWORD="pw") as site:
        site.manage("createsuperuser", "--noinput", "--username=root", "--email=root@example.org")
        yield site


def test_the_browser_signs_in_to_the_admin(empty_site: Site, page: Page, screenshot: Callable[..., Path]) -> None:
    page.goto(f"{empty_site.url}/admin/login/?next=/admin/")
    picture = screenshot(page)
    page.locator("input[name=username]").fill("root")
    page.locator("input[name=password]").fill("pw")
    page.locator("button[type=submit]").first.click()
    page.wait_for_url(f"{empty_site.url}/admin/")
    assert page.evaluate("document.readyState") in ("interactive", "complete")
    assert picture.stat().st_size > 1000


def test_a_phone_is_as_narrow_as_a_phone(empty_site: Site, new_context: Callable[..., BrowserContext]) -> None:
    page = new_context(viewport=PHONE).new_page()
    page.goto(f"{empty_site.url}/admin/login/")
    assert page.evaluate("innerWidth") == PHONE["width"]


def test_dark_and_light_are_told_to_the_page(
    empty_site: Site, context: BrowserContext, dark_context: BrowserContext
) -> None:
    light, dark = context.new_page(), dark_context.new_page()
    for page in (light, dark):
        page.goto(f"{empty_site.url}/admin/login/")
    assert (light.evaluate(DARK), dark.evaluate(DARK)) == (False, True)


def test_a_script_error_on_a_page_is_seen(empty_site: Site, context: BrowserContext) -> None:
    errors: list[str] = []
    page = context.new_page()
    watch(page, errors)
    page.goto(f"{empty_site.url}/admin/login/")
    with page.expect_event("pageerror"):
        page.evaluate("setTimeout(() => { throw new Error('broken on purpose') })")
    assert "broken on purpose" in "\n".join(errors)
