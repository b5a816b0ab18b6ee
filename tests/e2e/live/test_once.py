"""A message is stored once, also when the server that had stored it died before it could say so."""

from playwright.sync_api import expect

from tests.e2e.live.conftest import Pair, Table
from tests.servers.deadline import eventually

# The next message's answer comes, and is lost when the test says so.
HOLD_ONE_ANSWER = """() => {
  const real = window.fetch;
  window.fetch = async (...request) => {
    const answer = await real(...request);
    if (!(request[1].method === "POST" && request[0].endsWith("/messages"))) return answer;
    window.fetch = real;
    await new Promise((lost) => { window.lose = lost; });
    throw new TypeError("the answer is lost");
  };
}"""


def test_a_message_whose_answer_was_lost_with_its_server_is_stored_once(
    table: Table, pair: Pair, browser_errors: list[str]
) -> None:
    ada, grace = table.ada, table.grace
    ada.page.evaluate(HOLD_ONE_ANSWER)
    ada.composer.fill("Only once")
    ada.composer.press("Enter")
    expect(grace.messages).to_have_count(1)
    eventually(lambda: ada.page.evaluate("Boolean(window.lose)"), what="the answer")
    pair.one.restart()
    with ada.page.expect_response(lambda answer: answer.url.endswith("/messages")) as found:
        ada.page.evaluate("lose()")
    assert found.value.headers["idempotent-replayed"] == "true"
    expect(ada.unsent).to_have_count(0)
    ada.send("The next one")
    for desk in (ada, grace):
        expect(desk.messages.locator("[data-body]")).to_have_text(["Only once", "The next one"])
    assert ada.page.evaluate("requestStatistics().avoided.replayed") >= 1  # that she has read may be lost as well
    browser_errors.clear()  # refused connections, as it should be
