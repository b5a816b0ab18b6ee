"""Writing in a real browser: by keyboard, kept over reloads and failures, mended and taken back."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e.chat.conftest import signed_in
from tests.e2e.chat.desk import Desk
from tests.servers.site import Site

DRAWN = """list => list.map(one => [
  [...one.classList].sort().join(" "), one.id, one.dataset.author, one.dataset.sequence,
  one.querySelector(".avatar").className, one.innerText, one.querySelector("[data-link]").href])"""


def test_a_message_sent_by_enter_is_there_after_a_refresh_that_calls_no_api(desk: Desk) -> None:
    desk.start_conversation()
    desk.send("Hello **there**", shown="Hello there")
    calls = desk.api_calls()
    desk.page.reload()
    desk.wait_live()
    expect(desk.messages.locator("strong")).to_have_text("there")
    assert calls == []


def test_a_message_that_has_just_been_sent_looks_as_it_does_after_a_refresh(desk: Desk) -> None:
    desk.start_conversation()
    desk.send("First")
    desk.send("Second, `code`", shown="Second, code")
    sent = desk.messages.evaluate_all(DRAWN)
    desk.page.reload()
    assert desk.messages.evaluate_all(DRAWN) == sent


def test_shift_and_enter_start_a_line(desk: Desk) -> None:
    desk.start_conversation()
    desk.composer.fill("one")
    desk.composer.press("Shift+Enter")
    desk.composer.press_sequentially("two")
    desk.composer.press("Enter")
    expect(desk.messages).to_have_count(1)
    assert desk.messages.locator("p").inner_text() == "one\ntwo"


def test_a_message_is_edited_from_an_empty_composer_by_the_up_key(desk: Desk) -> None:
    desk.start_conversation()
    desk.send("A tpyo")
    desk.composer.press("ArrowUp")
    editor = desk.page.get_by_label("Edit message")
    expect(editor).to_have_value("A tpyo")
    editor.fill("A typo")
    editor.press("Enter")
    expect(desk.messages.locator("[data-body]")).to_have_text("A typo")
    expect(desk.messages.get_by_text("edited")).to_be_visible()
    expect(desk.composer).to_be_focused()


def test_a_message_is_deleted_after_asking_and_leaves_a_tombstone(desk: Desk) -> None:
    desk.start_conversation()
    desk.send("To be regretted").hover()
    desk.page.get_by_role("button", name="Delete").click()
    dialog = desk.page.get_by_role("dialog")
    expect(dialog).to_contain_text("To be regretted")
    dialog.get_by_role("button", name="Delete").click()
    expect(desk.messages).to_contain_text("This message was deleted.")
    desk.page.reload()
    expect(desk.messages).to_contain_text("This message was deleted.")


def test_a_message_that_could_not_go_survives_a_reload_and_goes_by_retry(desk: Desk, browser_errors: list[str]) -> None:
    desk.page.add_init_script("Math.random = () => 0")  # no pauses between the attempts
    desk.start_conversation()
    desk.page.route("**/api/conversations/*/messages", lambda route: route.abort())
    desk.composer.fill("Out of a tunnel")
    desk.composer.press("Enter")
    expect(desk.unsent).to_contain_text("The server cannot be reached")
    desk.page.reload()
    expect(desk.unsent).to_contain_text("Out of a tunnel")
    desk.page.unroute("**/api/conversations/*/messages")
    desk.page.get_by_role("button", name="Try again").click()
    expect(desk.messages).to_have_count(1)
    expect(desk.unsent).to_have_count(0)
    browser_errors.clear()  # the refused request, as it should be


def test_what_was_typed_is_kept_over_a_reload_and_forgotten_at_sign_out(page: Page, chat_site: Site) -> None:
    desk = signed_in(page, chat_site, "ada")
    desk.start_conversation()
    desk.composer.fill("Not finished")
    desk.page.reload()
    expect(desk.composer).to_have_value("Not finished")
    desk.open("/account/")
    desk.page.get_by_role("button", name="Sign out").click()
    desk.page.wait_for_url("**/accounts/login/**")
    assert desk.page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('draft'))") == []


def test_too_long_a_text_is_told_before_it_is_sent(desk: Desk) -> None:
    desk.start_conversation()
    desk.composer.fill("x" * 19_990)
    expect(desk.page.locator("[data-count]")).to_have_text("10 characters left")
    desk.composer.press("Enter")
    expect(desk.messages).to_have_count(1)


def test_what_another_wrote_meanwhile_is_there_after_sending(desk: Desk, desk_of: Callable[..., Desk]) -> None:
    path = desk.start_conversation()
    desk.open(f"{path}details/")
    desk.page.get_by_label("User name").fill("grace")
    desk.page.get_by_role("button", name="Add", exact=True).click()
    expect(desk.page.get_by_role("listitem").filter(has_text="grace").first).to_be_visible()
    desk.open(path)
    desk.send("Are you there?")
    other = desk_of("grace")
    other.open(path)
    other.send("Yes, I am")
    desk.send("Hello?")
    expect(desk.messages.locator("[data-body]")).to_have_text(["Are you there?", "Yes, I am", "Hello?"])
