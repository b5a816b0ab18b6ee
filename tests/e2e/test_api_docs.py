"""The page of the API's documentation, under the strict Content-Security-Policy."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.servers.site import Site


def test_the_documentation_lists_the_operations_and_tries_them_out(
    demo_site: Site, page: Page, sign_in: Callable[..., None]
) -> None:
    sign_in(page)
    page.goto(f"{demo_site.url}/api/docs")
    operation = page.locator("#operations-Conversations-create_conversation")
    operation.click()
    operation.get_by_role("button", name="Try it out").click()
    operation.get_by_role("button", name="Execute").click()
    status = operation.locator(".live-responses-table .response-col_status").last
    expect(status).to_contain_text("201")
    assert page.locator(".opblock").count() > 10
