"""Our modules in a browser without a site."""

from playwright.sync_api import Page, Route

from tests.servers.site import PROJECT

ADDRESS = "http://modules.test/"
STATIC = PROJECT / "static"


def open_modules(page: Page) -> None:
    """Show an empty page that may import every module of ours by its own name."""
    page.route(f"{ADDRESS}**", answer)
    page.goto(ADDRESS)


def answer(route: Route) -> None:
    """Answer with a module, or with the empty page."""
    name = route.request.url.removeprefix(ADDRESS)
    if name.endswith(".js"):
        route.fulfill(content_type="text/javascript", body=(STATIC / name).read_text())
    else:
        route.fulfill(content_type="text/html", body="<!doctype html><title>Modules</title>")
