"""Every page in both themes and on a phone: readable by everybody, nothing cut off, no complaint of the browser."""

from collections.abc import Callable
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.chat.conftest import LONG_TITLE
from tests.e2e.chat.desk import Desk
from tests.e2e.conftest import PHONE, watch
from tests.servers.site import Site

PAGES = (
    "/c/1/", "/c/1/?message=700", "/conversations/", "/conversations/new/", "/c/1/details/", "/c/1/delete/",
    "/c/1/leave/", "/search/?q=number", "/search/?q=nowhere", "/imports/", "/account/",
)  # fmt: skip
OUTSIDE = ("/accounts/login/", "/accounts/signup/")
STILL = {"reduced_motion": "reduce"}  # a colour on its way between two themes would be measured
TOLD = {"resultTypes": ["violations"]}  # of what is in order axe would describe every element
GRAVE = {"serious", "critical"}
SETTLED = """new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => {
  const running = document.getAnimations().filter((one) => one.effect.getComputedTiming().endTime !== Infinity);
  Promise.allSettled(running.map((one) => one.finished)).then(() => done(true));
})))"""
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def test_axe_finds_nothing_grave_on_any_page_in_either_theme(
    desk_of: Callable[..., Desk], new_context: Callable[..., BrowserContext]
) -> None:
    desk = desk_of("ada", **STILL)
    page = new_context(**STILL).new_page()
    found = []
    for path in PAGES:
        desk.open(path)
        found += grave(desk.page)
    for path in OUTSIDE:
        page.goto(f"{desk.url}{path}")
        found += grave(page)
    assert found == []


def grave(page: Page) -> list[str]:
    """Return axe's serious and critical findings on the page in light, and in dark what the colours decide."""
    assert page.evaluate(SETTLED)
    light = Axe().run(page, options=TOLD)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    assert page.evaluate(SETTLED)  # a page half in the old colours would be measured
    dark = Axe().run(page, options={**TOLD, "runOnly": ["color-contrast"]})
    violations = [*light.response["violations"], *dark.response["violations"]]
    return [f"{page.url}: {one['id']}: {places(one)}" for one in violations if one["impact"] in GRAVE]


def places(violation: dict[str, Any]) -> list[Any]:
    """Return where a rule is broken."""
    return [node["target"] for node in violation["nodes"]]


def test_on_a_phone_nothing_is_wider_than_the_screen(desk_of: Callable[..., Desk]) -> None:
    desk = desk_of("ada", viewport=PHONE)
    wider = {}
    for path in PAGES:
        desk.open(path)
        wider[path] = desk.page.evaluate(WIDER)
    assert wider == dict.fromkeys(PAGES, 0)


def test_on_a_phone_the_list_and_the_conversation_have_a_screen_each(desk_of: Callable[..., Desk]) -> None:
    desk = desk_of("ada", viewport=PHONE)
    desk.open("/conversations/")
    desk.open_titled(LONG_TITLE)
    expect(desk.composer).to_be_in_viewport()
    expect(desk.page.locator("#conversations")).to_be_hidden()
    desk.page.get_by_role("link", name="All conversations").click()
    expect(desk.page.locator("#conversations")).to_be_visible()
    expect(desk.page.locator("main")).to_be_hidden()


def test_the_system_s_dark_theme_is_followed(dark_context: BrowserContext, chat_site: Site) -> None:
    page = dark_context.new_page()
    errors: list[str] = []
    watch(page, errors)
    page.goto(f"{chat_site.url}/accounts/login/")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(16, 20, 18)"
    assert errors == []


def test_the_theme_chosen_by_the_button_stays_over_a_reload(desk: Desk) -> None:
    desk.open("/account/")
    desk.page.get_by_role("button", name="Theme").click()
    assert desk.page.locator("html").get_attribute("data-theme") == "dark"
    desk.page.reload()
    assert desk.page.locator("html").get_attribute("data-theme") == "dark"
    expect(desk.page.get_by_label("Dark")).to_be_checked()


def test_a_code_block_has_its_language_and_copies(desk: Desk, browser_name: str) -> None:
    if browser_name == "chromium":
        desk.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    desk.start_conversation()
    desk.send("```python\nx = 1\n```", shown="x = 1")
    expect(desk.page.locator(".code-language")).to_have_text("python")
    desk.page.get_by_role("button", name="Copy", exact=True).click()
    expect(desk.page.get_by_role("button", name="Copied")).to_be_visible()


def test_unread_messages_are_marked_where_they_begin_and_read_once_seen(
    desk: Desk, desk_of: Callable[..., Desk]
) -> None:
    path = desk.start_conversation()
    desk.open(f"{path}details/")
    desk.page.get_by_label("User name").fill("grace")
    desk.page.get_by_role("button", name="Add", exact=True).click()
    desk.open(path)
    desk.send("News for grace")
    other = desk_of("grace")
    other.open(path)
    unread = other.page.locator("#conversations [aria-current] [data-unread]")
    expect(other.page.get_by_text("New", exact=True)).to_be_visible()
    expect(unread).to_have_text("1 unread")
    other.page.mouse.move(400, 400)
    expect(unread).to_be_hidden()
    other.page.reload()
    expect(other.messages).to_have_count(1)
    expect(other.page.locator("#unread")).to_have_count(0)


def test_the_time_of_a_continued_message_stands_beside_its_text(desk_of: Callable[..., Desk]) -> None:
    desk = desk_of("ada")
    desk.start_conversation()
    desk.send("The first words")
    desk.send("and more of them")
    message = desk.page.locator(".message.is-continued")
    message.hover()
    time = message.locator(".message-time").bounding_box()
    body = message.locator(".message-body").bounding_box()
    assert time is not None
    assert body is not None
    assert time["x"] + time["width"] <= body["x"]


def test_a_notice_is_spoken_and_leaves_the_composer_free(desk: Desk, browser_name: str) -> None:
    if browser_name == "chromium":
        desk.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    desk.start_conversation()
    desk.send("Look here").hover()
    desk.page.get_by_role("button", name="Copy link").click()
    notice = desk.page.locator(".notice")
    expect(notice).to_contain_text("The link is copied.")
    expect(desk.page.locator("#spoken")).to_have_text("The link is copied.")
    shown, composer = notice.bounding_box(), desk.page.locator("#composer").bounding_box()
    assert shown is not None
    assert composer is not None
    assert shown["y"] + shown["height"] < composer["y"]


def test_the_sheet_of_keys_opens_by_its_key_but_not_while_somebody_writes(desk: Desk) -> None:
    desk.start_conversation()
    sheet = desk.page.get_by_role("dialog", name="Keyboard shortcuts")
    desk.composer.press("?")
    expect(desk.composer).to_have_value("?")
    assert sheet.is_hidden()
    desk.page.locator("#history").focus()
    desk.page.keyboard.press("?")
    expect(sheet).to_contain_text("Go from message to message")
    desk.page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
