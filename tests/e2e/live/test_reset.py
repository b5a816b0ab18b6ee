"""Too much was missed: the page reads its history anew, and whoever reads above stays there."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.e2e.chat.desk import Desk
from tests.e2e.live.conftest import Pair

KEPT = """
delete window.SharedWorker;
window.WebSocket = class extends WebSocket { constructor(...given) { super(...given); window.socket = this; } };
"""
RESET = """(conversation) => {
  const data = JSON.stringify({ type: "reset", conversation, sequence: 1000 });
  window.socket.dispatchEvent(new MessageEvent("message", { data }));
}"""
SEND = """async ([path, count]) => {
  const token = document.cookie.match(/csrftoken=([^;]+)/)[1];
  const headers = { "X-CSRFToken": token, "Content-Type": "application/json" };
  for (let number = 1; number <= count; number += 1) {
    await fetch(path, { method: "POST", headers, body: JSON.stringify({ text: `Before ${number}` }) });
  }
}"""


def test_after_a_reset_the_page_shows_what_the_server_has(desk_in: Callable[..., Desk], pair: Pair) -> None:
    desk = desk_in("firefox", "ada", pair.one, script=KEPT)
    made = desk.call("POST", "/api/conversations", title="Much happens")
    desk.page.evaluate(SEND, [f"/api/conversations/{made['id']}/messages", 30])
    desk.open(f"/c/{made['id']}/")
    desk.wait_live()
    desk.scroll_to(-500)
    anchor, top = desk.anchor()
    desk.page.evaluate("document.querySelector('#messages .message:last-child').remove()")
    with desk.page.expect_response("**/messages?limit=50&around=*"):
        desk.page.evaluate(RESET, made["id"])
    expect(desk.messages).to_have_count(30)
    assert abs(desk.top_of(anchor) - top) <= 2
