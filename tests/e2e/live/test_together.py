"""Two people in two browsers on two server processes: what one does, the other sees."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.e2e.chat.desk import Desk
from tests.e2e.live.conftest import Pair, Table

NUMBERS = """() => [...document.querySelectorAll("#messages .message")].map((one) => Number(one.dataset.sequence))"""
SEND = """async ([path, count]) => {
  const token = document.cookie.match(/csrftoken=([^;]+)/)[1];
  const headers = { "X-CSRFToken": token, "Content-Type": "application/json" };
  for (let number = 1; number <= count; number += 1) {
    await fetch(path, { method: "POST", headers, body: JSON.stringify({ text: `Traffic ${number}` }) });
    await new Promise((done) => setTimeout(done, 30));
  }
}"""
SEEN = """() => [...document.querySelectorAll("#messages [data-body]")].map((one) => one.textContent)"""


def test_messages_typing_presence_edits_and_deletions_are_seen_at_once(table: Table) -> None:
    ada, grace = table.ada, table.grace
    expect(ada.page.locator("#presence")).to_contain_text("2 here now")
    expect(ada.page.locator("#presence")).to_contain_text("grace")
    grace.composer.press_sequentially("Good mor")
    expect(ada.page.locator("#typing")).to_have_text("grace is typing")
    grace.send("Good morning")
    expect(ada.messages).to_have_count(1)
    expect(ada.page.locator("#typing.is-shown")).to_have_count(0)
    ada.page.mouse.move(500, 300)
    expect(grace.page.locator("#seen")).to_have_text("Seen by ada")
    grace.composer.press("ArrowUp")
    grace.page.get_by_label("Edit message").fill("Good evening")
    grace.page.get_by_label("Edit message").press("Enter")
    expect(ada.messages.locator("[data-body]")).to_have_text("Good evening")
    expect(ada.messages.get_by_text("edited")).to_be_visible()
    table.grace.call("DELETE", f"/api/messages/{grace.messages.last.get_attribute('data-id')}")
    expect(ada.messages).to_contain_text("This message was deleted.")
    assert ada.messages.count() == 1


def test_a_message_elsewhere_counts_in_the_list_and_in_the_title(table: Table) -> None:
    ada, grace = table.ada, table.grace
    ada.open("/search/")
    row = ada.page.locator(f"#conversations a[href='{table.path}']")
    grace.send("Are you *there*?", shown="Are you there?")
    expect(row.locator("[data-unread]")).to_have_text("1 unread")
    expect(row.locator(".conversation-preview")).to_have_text("Are you there?")
    assert ada.page.title().startswith("(")
    ada.open(table.path)
    ada.page.mouse.move(500, 300)
    expect(row.locator("[data-unread]")).to_be_hidden()


def test_a_page_whose_server_is_killed_resumes_with_nothing_missing_or_doubled(
    table: Table, pair: Pair, browser_errors: list[str]
) -> None:
    ada, grace = table.ada, table.grace
    grace.page.evaluate(f"(given) => {{ window.sending = ({SEND})(given) }}", [f"{table.api}/messages", 60])
    expect(ada.messages.nth(9)).to_be_attached()
    pair.one.kill()
    expect(ada.page.locator("#status")).to_contain_text("Next try in")
    pair.one.start()
    grace.page.evaluate("() => window.sending")
    expect(ada.messages).to_have_count(60)
    assert ada.page.evaluate(NUMBERS) == list(range(1, 61))
    assert ada.page.evaluate(SEEN) == grace.page.evaluate(SEEN)
    expect(ada.page.locator("#status")).to_be_hidden()
    browser_errors.clear()  # refused connections, as it should be


def test_who_is_removed_is_told_and_can_write_no_more(table: Table) -> None:
    ada, grace = table.ada, table.grace
    members = ada.call("GET", f"{table.api}/members")["results"]
    other = next(member["id"] for member in members if member["name"] == "grace")
    ada.call("DELETE", f"{table.api}/members/{other}")
    expect(grace.page.locator("#over")).to_be_visible()
    expect(grace.composer).to_be_hidden()
    expect(grace.page.locator(f"#conversations a[href='{table.path}']")).to_have_count(0)
    ada.send("Only for me")
    assert grace.messages.count() == 0


def test_a_new_conversation_and_a_new_title_come_to_the_list(table: Table) -> None:
    ada, grace = table.ada, table.grace
    made = ada.call("POST", "/api/conversations", title="Fresh")
    ada.call("POST", f"/api/conversations/{made['id']}/members", username="grace")
    row = grace.page.locator(f"#conversations [data-conversation='{made['id']}']")
    expect(row).to_contain_text("Fresh")
    ada.call("PATCH", f"/api/conversations/{made['id']}", title="Fresher")
    expect(row).to_contain_text("Fresher")
    ada.call("PATCH", table.api, title="The table")
    expect(grace.page.locator("h1")).to_have_text("The table")
    assert "The table" in grace.page.title()


def test_a_message_of_another_waits_below_while_somebody_reads_above(
    table: Table, desk_in: Callable[..., Desk]
) -> None:
    ada, grace = table.ada, table.grace
    grace.page.evaluate(SEND, [f"{table.api}/messages", 40])
    expect(ada.messages).to_have_count(40)
    ada.scroll_to(-600)
    anchor, top = ada.anchor()
    grace.send("Below the window")
    expect(ada.page.locator("#newest")).to_have_text("1 new")
    assert abs(ada.top_of(anchor) - top) <= 2
    ada.page.locator("#newest").click()
    expect(ada.messages.last).to_be_in_viewport()
    expect(ada.page.locator("#newest")).to_be_hidden()
