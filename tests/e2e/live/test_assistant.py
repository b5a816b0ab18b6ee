"""The assistant in two browsers on two processes: an endpoint that says what the test has it say."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.e2e.chat.desk import Desk
from tests.e2e.live.conftest import Pair, Table


@pytest.fixture
def asked(table: Table) -> Table:
    """The same table, with the assistant at it."""
    table.ada.call("PATCH", table.api, has_assistant=True)
    expect(table.ada.page.locator("#history[data-assistant=on]")).to_be_visible()
    return table


def words(desk: Desk, text: str) -> None:
    """Wait until a reply's words are on the page."""
    expect(desk.page.locator(".is-writing [data-body]")).to_have_text(text)


def test_a_reply_streams_to_both_and_to_who_comes_midway_and_ends_as_a_message(asked: Table, pair: Pair) -> None:
    ada, grace = asked.ada, asked.grace
    ada.send("Which tea?")
    call = pair.upstream.call()
    call.say("Green ", "tea ")
    words(ada, "Green tea ")
    words(grace, "Green tea ")
    grace.page.reload()
    words(grace, "Green tea ")
    call.say("is **fine**.")
    words(grace, "Green tea is **fine**.")
    call.finish()
    for desk in (ada, grace):
        expect(desk.messages).to_have_count(2)
        expect(desk.messages.last.locator("strong")).to_have_text("fine")
        expect(desk.page.locator("#writing .message")).to_have_count(0)
        expect(desk.page.locator("[data-stop]")).to_be_hidden()
    assert "Assistant: Green tea" in ada.page.locator("#spoken").inner_text()


def test_a_reply_is_stopped_by_anybody_marked_and_written_anew_in_its_place(asked: Table, pair: Pair) -> None:
    ada, grace = asked.ada, asked.grace
    ada.send("Which tea?")
    pair.upstream.call().say("Black ")
    words(grace, "Black ")
    grace.page.locator("[data-stop]").click()
    for desk in (ada, grace):
        expect(desk.messages.last).to_contain_text("Stopped.")
    ada.page.get_by_role("button", name="Write it anew").click()
    call = pair.upstream.call()
    call.say("Green ")
    words(grace, "Green ")
    call.finish()
    for desk in (ada, grace):
        expect(desk.messages.last.locator("[data-body]")).to_have_text("Green")
        expect(desk.page.get_by_text("Stopped.")).to_have_count(0)
    assert ada.messages.count() == grace.messages.count() == 2


def test_a_reply_that_fails_is_told_plainly_and_asked_for_again(asked: Table, pair: Pair) -> None:
    ada, grace = asked.ada, asked.grace
    ada.send("Which tea?")
    pair.upstream.call().refuse(500)
    problem = grace.page.locator("#problem")
    expect(problem).to_be_visible()
    problem.get_by_role("button", name="Try again").click()
    call = pair.upstream.call()
    call.say("White tea")
    words(ada, "White tea")
    call.cut()
    expect(ada.messages.last).to_contain_text("Cut off")
    expect(ada.messages.last).to_contain_text("White tea")
    assert grace.messages.count() == 2


def test_what_a_browser_missed_while_it_was_away_is_not_written_twice(
    asked: Table, desk_in: Callable[..., Desk], pair: Pair
) -> None:
    ada = asked.ada
    ada.send("Which tea?")
    call = pair.upstream.call()
    call.say("Oolong ")
    words(ada, "Oolong ")
    ada.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    other = desk_in("chromium", "grace", pair.one)  # its arrival has the server tell all that follow once more
    other.open(asked.path)
    words(other, "Oolong ")
    call.say("tea")
    call.finish()
    expect(other.messages.last.locator("[data-body]")).to_have_text("Oolong tea")
    assert ada.page.locator("#writing .message").count() == 0
