"""A conversation of 900 messages: to its first message and back, by date, by search."""

import pytest
from playwright.sync_api import Locator, Route, expect

from tests.e2e.chat.conftest import LONG_MESSAGES, LONG_TITLE
from tests.e2e.chat.desk import Desk

HELD_PX = 2
MOST_IN_PAGE = 400
BEYOND = 10**7
MARKED = """all => all.map((one) =>
  one.dataset.author.startsWith(":") === (one.querySelector(".tag")?.textContent === "no account"))"""
GROWING = ".message:not(.is-settled), [data-edge][aria-busy]"
HISTORY = "**/api/conversations/*/messages?**"


@pytest.fixture
def long(desk: Desk) -> Desk:
    """The long conversation, open at its end."""
    desk.open_titled(LONG_TITLE)
    expect(desk.messages.last).to_contain_text(f"Number {LONG_MESSAGES}.")
    return desk


def test_it_scrolls_to_the_first_message_and_back_and_holds_its_position(long: Desk) -> None:
    assert long.window() == (LONG_MESSAGES - 49, LONG_MESSAGES, 50)
    while long.window()[0] > 1:
        grown(long, -BEYOND, long.messages.first)
    long.scroll_to(-BEYOND)
    expect(long.messages.first).to_be_in_viewport()
    while long.window()[1] < LONG_MESSAGES:
        grown(long, 0, long.messages.last)
    long.scroll_to(0)
    expect(long.messages.last).to_be_in_viewport()
    expect(long.messages.last).to_have_attribute("data-sequence", str(LONG_MESSAGES))


def grown(desk: Desk, towards: int, end: Locator) -> None:
    """Scroll to an end of what is loaded, let more come, and see that what was on the screen has not moved."""
    expect(desk.page.locator(GROWING)).to_have_count(0)  # a page that opens near an end lets more come by itself
    sequence = end.get_attribute("data-sequence") or ""
    held: list[Route] = []
    desk.page.route(HISTORY, lambda route: held.append(route))  # noqa: PLW0108  (a method cannot be marked)
    with desk.page.expect_request(HISTORY):
        desk.scroll_to(towards)
    anchor, top = desk.anchor()
    expect(end).to_have_attribute("data-sequence", sequence)
    held[0].continue_()
    desk.page.unroute(HISTORY)
    expect(end).not_to_have_attribute("data-sequence", sequence)
    expect(desk.page.locator(GROWING)).to_have_count(0)
    assert desk.top_of(anchor) == pytest.approx(top, abs=HELD_PX)
    first, last, number = desk.window()
    assert number == last - first + 1 <= MOST_IN_PAGE


def test_names_without_an_account_are_marked_on_the_page_and_in_what_comes_later(long: Desk) -> None:
    for first in (LONG_MESSAGES - 49, LONG_MESSAGES - 99):
        expect(long.messages.first).to_have_attribute("data-sequence", str(first))
        assert all(long.messages.evaluate_all(MARKED))
        long.page.locator("[data-edge=before] [data-edge-link]").evaluate("link => link.click()")


def test_the_button_leads_back_to_the_newest(long: Desk) -> None:
    long.scroll_to(-3000)
    long.page.get_by_role("link", name="Newest").click()
    expect(long.messages.last).to_be_in_viewport()
    expect(long.page.locator("#newest")).to_be_hidden()


def test_a_search_finds_and_its_hit_opens_highlighted_in_the_middle_of_its_history(long: Desk) -> None:
    long.page.keyboard.press("Escape")
    long.page.keyboard.press("Control+k")
    expect(long.page.locator("#side-search")).to_be_focused()
    long.page.keyboard.type("number 700")
    long.page.keyboard.press("Enter")
    hit = long.page.locator(".hit").filter(has_text="Number 700.")
    expect(hit.locator("mark").first).to_have_text("Number")
    hit.click()
    target = long.page.locator(".message.is-target")
    expect(target).to_contain_text("Number 700.")
    expect(target).to_be_in_viewport()
    expect(target).to_be_focused()
    grown(long, 0, long.messages.last)


def test_a_date_leads_to_the_first_message_of_that_day(long: Desk) -> None:
    long.page.get_by_role("button", name="Jump to a date").click()
    long.page.get_by_label("Jump to a date").last.fill("2026-03-10")
    long.page.get_by_role("button", name="Go").click()
    long.page.wait_for_url("**?date=2026-03-10")
    expect(long.page.locator("[data-day='2026-03-10']")).to_be_in_viewport()


def test_sending_from_the_middle_of_the_history_leads_to_the_end(desk: Desk) -> None:
    path = desk.start_conversation()
    for number in range(1, 4):
        desk.send(f"Message {number}")
    desk.open(f"{path}?sequence=1")
    desk.send("At the end")
    expect(desk.messages.last).to_contain_text("At the end")
    expect(desk.messages.last).to_be_in_viewport()


def test_arrows_move_from_message_to_message_and_enter_reaches_the_toolbar(long: Desk) -> None:
    long.page.locator("#history").focus()
    long.page.keyboard.press("ArrowUp")
    expect(long.messages.last).to_be_focused()
    long.page.keyboard.press("ArrowUp")
    expect(long.messages.nth(-2)).to_be_focused()
    long.page.keyboard.press("Enter")
    expect(long.page.get_by_role("button", name="Copy link")).to_be_focused()
    long.page.keyboard.press("Escape")
    expect(long.composer).to_be_focused()
