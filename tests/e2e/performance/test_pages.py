"""Every performance page in both themes and on a phone: readable by everybody, with and without a mouse."""

import re
from collections.abc import Callable

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, StorageState, expect

from apps.monitoring.pages.rooms import ROOMS
from tests.e2e.chat.test_appearance import SETTLED, STILL, TOLD, WIDER, grave, places
from tests.e2e.conftest import PHONE
from tests.e2e.performance.conftest import live
from tests.servers.site import Site
from tests.tuning.visitor import Visitor

OPEN = "document.querySelectorAll('details').forEach((one) => { one.open = true; })"
LATENCY = re.compile("^Latency")
SLUGS = [room.slug for room in ROOMS]
ADMIN = ("/admin/", "/admin/tuning/policy/", "/admin/tuning/policy/assistant_pipeline/", "/admin/chat/user/")
PATHS = [f"/performance/{slug}{'/' if slug else ''}" for slug in SLUGS]


def test_axe_finds_nothing_grave_on_any_page_in_either_theme(
    staff_page: Callable[..., Page], watched_site: Site, visitor: Visitor
) -> None:
    page = staff_page(**STILL)
    found = []
    for path in (*PATHS, "/performance/audit/1/"):
        page.goto(f"{watched_site.url}{path}")
        found += grave(page)
    assert found == []


def test_on_a_phone_nothing_is_wider_than_the_screen(staff_page: Callable[..., Page], watched_site: Site) -> None:
    page = staff_page(viewport=PHONE)
    wider = {}
    for path in PATHS:
        page.goto(f"{watched_site.url}{path}?compare=1")
        page.evaluate(OPEN)
        wider[path] = page.evaluate(WIDER)
    assert wider == dict.fromkeys(PATHS, 0)


def test_on_a_phone_a_long_title_breaks(staff_page: Callable[..., Page], watched_site: Site) -> None:
    page = staff_page(viewport=PHONE)
    page.goto(f"{watched_site.url}/performance/traces/")
    page.locator("h1").evaluate("(head) => { head.textContent = `GET ${'conversation_id'.repeat(5)}`; }")
    assert page.evaluate(WIDER) == 0


def test_the_admin_s_colours_can_be_read_in_either_theme(staff_page: Callable[..., Page], watched_site: Site) -> None:
    page = staff_page(**STILL)
    found = []
    for path in ADMIN:
        page.goto(f"{watched_site.url}{path}")
        chosen = page.locator("input.action-select").first
        if chosen.count():
            chosen.check()
        for theme in ("light", "dark"):
            page.evaluate("(theme) => { document.documentElement.className = theme; }", theme)
            assert page.evaluate(SETTLED)
            told = Axe().run(page, options={**TOLD, "runOnly": ["color-contrast"]})
            found += [f"{path}, {theme}: {places(one)}" for one in told.response["violations"]]
    assert found == []


def test_a_page_that_is_loaded_again_asks_the_api_for_nothing(
    staff_page: Callable[..., Page], watched_site: Site
) -> None:
    page = staff_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.removeprefix(watched_site.url)))
    page.goto(f"{watched_site.url}/performance/?range=24h")
    page.wait_for_load_state("load")
    expect(page.get_by_role("img", name=LATENCY)).to_be_visible()
    others = [url for url in asked if not url.startswith(("/static/", "data:"))]
    assert others == ["/performance/?range=24h"]


def test_charts_are_drawn_from_the_first_paint_on(
    staff_page: Callable[..., Page], watched_site: Site, visitor: Visitor
) -> None:
    page = staff_page()
    page.goto(f"{watched_site.url}/performance/?range=24h")
    expect(page.get_by_role("img", name=LATENCY)).to_be_visible()
    drawn = page.evaluate("Chart.getChart(document.querySelector('#c-latency canvas')).data.datasets.length")
    assert drawn == 3


def test_a_pause_stands_still_and_going_on_connects_again(staff_page: Callable[..., Page], watched_site: Site) -> None:
    page = staff_page()
    page.goto(f"{watched_site.url}/performance/")
    live(page)
    button = page.locator("#live")
    button.click()
    expect(button).to_have_attribute("data-phase", "paused")
    expect(button).to_have_attribute("aria-pressed", "false")
    button.press("Enter")
    live(page)


def test_tables_are_sorted_by_keyboard_and_the_address_remembers(
    staff_page: Callable[..., Page], watched_site: Site
) -> None:
    page = staff_page()
    page.goto(f"{watched_site.url}/performance/resilience/")
    head = page.locator("[data-sorts=dependencies] thead th").first
    head.get_by_role("button").press("Enter")
    expect(head).to_have_attribute("aria-sort", "ascending")
    head.get_by_role("button").press("Enter")
    names = page.locator("[data-sorts=dependencies] tbody td:first-child").all_text_contents()
    assert names == sorted(names, key=str.lower, reverse=True)
    page.reload()
    expect(page.locator("[data-sorts=dependencies] thead th").first).to_have_attribute("aria-sort", "descending")


def test_a_marker_leads_to_the_difference_and_the_way_back(staff_page: Callable[..., Page], watched_site: Site) -> None:
    page = staff_page()
    page.goto(f"{watched_site.url}/performance/?range=1h")
    page.locator("#markers a").filter(has_text="policy.changed policy:assistant_pipeline").last.click()
    expect(page.get_by_role("heading", name="What changed")).to_be_visible()
    expect(page.get_by_role("rowheader", name="failures_in_a_row")).to_be_visible()
    expect(page.get_by_label("Reason")).to_be_visible()


def test_without_scripts_the_figures_can_be_read(
    new_context: Callable[..., BrowserContext], root_session: StorageState, watched_site: Site
) -> None:
    page = new_context(storage_state=root_session, java_script_enabled=False).new_page()
    page.goto(f"{watched_site.url}/performance/?range=1h")
    page.locator("#c-latency summary").click()
    expect(page.locator("#c-latency table").get_by_role("rowheader", name="median")).to_be_visible()
