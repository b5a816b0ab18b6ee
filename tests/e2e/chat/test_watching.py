"""What pages tell of themselves when they are left, and what people say of them."""

import json

from playwright.sync_api import expect

from tests.e2e.chat.desk import Desk

KEEP = """() => {
  const real = navigator.sendBeacon.bind(navigator);
  navigator.sendBeacon = (url, message) => { sessionStorage.setItem("told", message); return real(url, message); };
}"""
TOLD = """() => {
  const { serverTiming } = performance.getEntriesByType("navigation")[0];
  return serverTiming.find(({ name }) => name === "traceparent").description;
}"""
TELL = "async (body) => (await fetch('/api/rum', { method: 'POST', body })).status"


def test_a_page_that_is_left_tells_once_how_it_was(desk: Desk) -> None:
    path = desk.start_conversation()
    desk.wait_live()
    desk.send("How long does this take?")
    desk.page.evaluate(KEEP)
    desk.open("/account/")
    told = desk.page.evaluate("sessionStorage.getItem('told')")
    assert desk.page.evaluate(TELL, told) == 204
    message = json.loads(told)
    assert message["path"] == path
    assert 0 < message["vitals"]["TTFB"] < 60_000
    assert message["timings"]["echo"][0] > 0
    assert message["timings"]["paint"][0] > 0
    assert set(message["avoided"]) <= {"page", "tabs", "memory", "unchanged", "replayed"}


def test_what_a_page_sends_goes_on_with_the_trace_of_the_page(desk: Desk) -> None:
    desk.start_conversation()
    desk.wait_live()
    with desk.page.expect_request(lambda request: request.method == "POST" and "/messages" in request.url) as asked:
        desk.send("Whose request is this?")
    told = desk.page.evaluate(TOLD)
    assert asked.value.headers["traceparent"] == told
    answer = asked.value.response()
    assert answer is not None
    assert answer.headers["traceparent"].split("-")[1] == told.split("-")[1]


def test_somebody_says_that_a_page_is_slow(desk: Desk) -> None:
    desk.start_conversation()
    desk.page.get_by_role("button", name="Feedback").click()
    sheet = desk.page.locator("#feedback")
    sheet.get_by_role("button", name="Send").click()
    expect(sheet.locator("[data-problem]")).to_contain_text("your own words")
    sheet.get_by_label("Slow").check()
    sheet.get_by_label("In your own words").fill("It jumps")
    with desk.page.expect_response("**/api/feedback") as answered:
        sheet.get_by_role("button", name="Send").click()
    assert answered.value.status == 201
    expect(sheet).to_be_hidden()
