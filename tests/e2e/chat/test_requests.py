"""Requests of the chat's page: each is made once, by whatever parts of it and in however many tabs."""

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.e2e.chat.conftest import LONG_TITLE, signed_in
from tests.e2e.chat.desk import Desk
from tests.servers.deadline import eventually
from tests.servers.site import Site

HISTORY = "**/api/conversations/*/messages?**"
TABS = 5
WAITING = """navigator.locks.query().then(({ pending }) =>
  pending.filter(({ name }) => name.startsWith("deduplication:")).length)"""
REFRESH = "() => { document.documentElement.dataset.live = 'not yet'; setTimeout(() => location.reload()); }"
ASK = """async (url) => {
  const { get } = await import(document.querySelector("link[href*='deduplication/request.']").href);
  const parts = await Promise.all(Array.from({ length: 10 }, () => get(url)));
  return parts.map(({ data }) => data.messages.length);
}"""
LOSE_ONE_ANSWER = """() => {
  const real = window.fetch;
  window.fetch = async (...request) => {
    const answer = await real(...request);
    if (request[1].method !== "POST") return answer;
    window.fetch = real;
    throw new TypeError("the answer is lost");
  };
}"""


@pytest.fixture
def long(desk: Desk) -> Desk:
    """The long conversation, open at its end."""
    desk.open_titled(LONG_TITLE)
    desk.wait_live()
    return desk


def sent(page: Page) -> list[Request]:
    """Return a list that fills with the messages that the page sends from now on."""
    found: list[Request] = []
    page.on("request", lambda one: found.append(one) if one.method == "POST" and is_message(one) else None)
    return found


def is_message(request: Request) -> bool:
    """Return whether the request is about a conversation's messages."""
    return "/messages" in request.url


def test_ten_parts_of_the_page_make_one_request(long: Desk) -> None:
    calls = long.api_calls()
    path = f"/api/conversations/{long.page.url.split('/')[4]}/messages?limit=7"
    assert long.page.evaluate(ASK, path) == [7] * 10
    assert [call.removeprefix(long.url) for call in calls] == [path]
    assert long.page.evaluate("requestStatistics().avoided.page") == 9


def test_five_tabs_refreshed_at_once_ask_nothing_and_then_for_older_messages_once(long: Desk) -> None:
    pages = [long.page, *(long.page.context.new_page() for _ in range(TABS - 1))]
    for page in pages[1:]:
        page.goto(long.page.url)
    tabs = [Desk(page=page, url=long.url) for page in pages]
    calls = [tab.api_calls() for tab in tabs]
    for page in pages:
        page.evaluate(
            "() => { document.documentElement.dataset.live = 'before'; setTimeout(() => location.reload()); }"
        )
    for tab in tabs:
        tab.wait_live()
    assert calls == [[]] * TABS
    held: list[Route] = []
    long.page.context.route(HISTORY, lambda route: held.append(route))  # noqa: PLW0108  (a method cannot be marked)
    for page in pages:
        page.evaluate("document.querySelector('[data-edge=before] [data-edge-link]').click()")
    eventually(lambda: pages[-1].evaluate(WAITING) == TABS - 1, what="the other tabs' waiting")
    held[0].continue_()
    long.page.context.unroute(HISTORY)
    for tab in tabs:
        expect(tab.messages).to_have_count(100)
    assert (len(held), sum(map(len, calls))) == (1, 1)


def test_what_has_not_changed_is_asked_about_by_its_etag(long: Desk) -> None:
    path = f"/api/conversations/{long.page.url.split('/')[4]}/messages?limit=3"
    long.page.evaluate(ASK, path)
    with long.page.expect_response(f"**{path}") as answered:
        long.page.evaluate(ASK, path)
    assert "if-none-match" in answered.value.request.headers
    assert long.page.evaluate("requestStatistics().avoided.unchanged") == 1


def test_a_message_sent_offline_waits_for_the_network_and_arrives_once(desk: Desk) -> None:
    desk.start_conversation()
    posts = sent(desk.page)
    desk.page.context.set_offline(True)
    for text in ("From a tunnel", "and a second one"):
        desk.composer.fill(text)
        desk.composer.press("Enter")
    expect(desk.unsent).to_have_count(2)
    assert posts == []
    desk.page.context.set_offline(False)
    expect(desk.unsent).to_have_count(0)
    expect(desk.messages.locator("[data-body]")).to_have_text(["From a tunnel", "and a second one"])
    assert len(posts) == 2
    desk.page.reload()
    expect(desk.messages).to_have_count(2)


def test_a_message_whose_answer_was_lost_is_asked_for_again_and_stored_once(desk: Desk) -> None:
    desk.start_conversation()
    posts = sent(desk.page)
    desk.page.evaluate(LOSE_ONE_ANSWER)
    # A browser may itself send a request anew whose connection was closed: that one is a replay, too.
    with desk.page.expect_response(
        lambda answer: "idempotent-replayed" in answer.headers and len(posts) == 2
    ) as replayed:
        desk.send("Only once")
    assert replayed.value.ok
    assert len(posts) == 2
    assert len({post.headers["idempotency-key"] for post in posts}) == 1
    expect(desk.messages).to_have_count(1)
    desk.page.reload()
    expect(desk.messages).to_have_count(1)


def test_after_signing_out_in_one_tab_nothing_is_sent_from_the_others(
    page: Page, chat_site: Site, browser_errors: list[str]
) -> None:
    desk = signed_in(page, chat_site, "ada")
    path = desk.start_conversation()
    other = Desk(page=page.context.new_page(), url=desk.url)
    other.open(path)
    desk.open("/account/")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/accounts/login/**")
    posts = sent(other.page)
    other.composer.fill("Too late")
    other.composer.press("Enter")
    expect(other.unsent).to_contain_text("You are signed out.")
    assert posts == []
    browser_errors.clear()
