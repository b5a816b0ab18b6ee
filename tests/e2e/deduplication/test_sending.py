"""Sending: arrives once, waits as long as it is told, and takes back what was refused."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext

from tests.e2e.deduplication.origin import Origin
from tests.e2e.deduplication.tab import Tab
from tests.servers.deadline import eventually

pytestmark = pytest.mark.parametrize("browser_name", ["chromium"], indirect=True)

HASTY = "window.quick = hasty()"


def test_a_message_carries_key_token_and_json(origin: Origin, tab: Tab) -> None:
    tab.run("document.cookie = 'csrftoken=abc123'")
    tab.send("/messages", body={"text": "Hello"})
    assert tab.outcomes(1) == [{"data": {"number": 1}, "status": 201, "isReplayed": False}]
    headers = origin.to("/messages", "POST")[0].headers
    assert (headers["X-CSRFToken"], headers["Content-Type"]) == ("abc123", "application/json")
    assert len(headers["Idempotency-Key"]) == 36
    assert (origin.effects, tab.run("shown")) == ([{"text": "Hello"}], ["applied"])


def test_a_lost_answer_is_asked_for_again_with_the_same_key(origin: Origin, tab: Tab) -> None:
    tab.run("""window.lossy = hasty({ fetch: async (...request) => {
      const answer = await fetch(...request);
      if (pauses.length === 0) throw new TypeError("connection lost");
      return answer;
    } })""")
    tab.send("/messages", on="lossy", body={"text": "Hello"})
    assert tab.outcomes(1) == [{"data": {"number": 1}, "status": 201, "isReplayed": True}]
    first, second = (one.headers["Idempotency-Key"] for one in origin.to("/messages", "POST"))
    assert first == second
    assert (origin.effects, tab.statistics("lossy")["avoided"]["replayed"]) == ([{"text": "Hello"}], 1)


@pytest.mark.parametrize("status", [409, 429, 503])
def test_the_servers_own_time_is_waited_for(origin: Origin, tab: Tab, status: int) -> None:
    tab.run(HASTY)
    origin.refuse("/messages", status, retry_after="7")
    tab.send("/messages", on="quick", body={})
    assert tab.outcomes(1)[0]["status"] == 201
    assert tab.run("pauses") == [7250]
    assert tab.run("shown") == ["applied"]


def test_a_date_to_come_back_at_is_understood(origin: Origin, tab: Tab) -> None:
    tab.run(HASTY)
    origin.refuse("/messages", 503, retry_after=tab.run("new Date(Date.now() + 9000).toUTCString()"))
    tab.send("/messages", on="quick", body={})
    tab.outcomes(1)
    assert 7000 < tab.run("pauses")[0] <= 9250


def test_the_pauses_double_and_end(origin: Origin, tab: Tab) -> None:
    tab.run(HASTY)
    origin.refuse("/messages", *[503] * 6)
    tab.send("/messages", on="quick", body={})
    assert tab.outcomes(1)[0]["status"] == 503
    assert tab.run("pauses") == [250, 500, 1000, 2000, 4000]
    assert (tab.run("shown"), len(origin.to("/messages", "POST"))) == (["applied", "rolled back"], 6)


@pytest.mark.parametrize("status", [400, 403, 409, 422, 500])
def test_a_refusal_is_taken_back_and_not_sent_again(origin: Origin, tab: Tab, status: int) -> None:
    tab.run(HASTY)
    origin.refuse("/messages", status)
    tab.send("/messages", on="quick", body={})
    assert tab.outcomes(1)[0]["status"] == status
    assert tab.run("shown") == ["applied", "rolled back"]
    assert len(origin.to("/messages", "POST")) == 1


def test_a_server_that_asks_for_an_hour_is_not_waited_for(origin: Origin, tab: Tab) -> None:
    tab.run(HASTY)
    origin.refuse("/messages", 503, retry_after="3600")
    tab.send("/messages", on="quick", body={})
    assert tab.outcomes(1)[0]["retryAfter"] == 3600
    assert len(origin.to("/messages", "POST")) == 1


def test_a_key_of_ones_own_is_used(origin: Origin, tab: Tab) -> None:
    for _ in range(2):
        tab.send("/messages", body={"text": "Hello"}, idempotencyKey="mine")
    assert [one["data"] for one in tab.outcomes(2)] == [{"number": 1}] * 2
    assert origin.effects == [{"text": "Hello"}]


def test_what_was_sent_is_read_anew_in_all_tabs(origin: Origin, tab: Tab, new_tab: Callable[..., Tab]) -> None:
    other = new_tab()
    other.watch("/data", tags=["numbers"])
    other.shown(1)
    origin.data["/data"] = {"value": 2}
    tab.send("/messages", body={}, tags=["numbers"])
    assert other.shown(2)[1]["data"] == {"value": 2}


def test_what_waits_for_the_network_is_not_sent_for_the_next_person(
    origin: Origin, tab: Tab, new_tab: Callable[..., Tab], connected: BrowserContext
) -> None:
    other = new_tab()
    connected.set_offline(True)
    tab.send("/messages", body={"text": "Mine"})
    tab.shown(1)
    other.run("face.signOut()")
    assert tab.outcomes(1)[0]["status"] == 401
    connected.set_offline(False)
    other.run("fetch('/data')")
    assert (origin.effects, tab.shown(2)) == ([], ["applied", "rolled back"])


def test_a_send_given_up_while_offline_is_not_sent(origin: Origin, tab: Tab, connected: BrowserContext) -> None:
    connected.set_offline(True)
    tab.run("window.over = new AbortController(); send('/messages', { body: {}, signal: over.signal }); over.abort()")
    assert tab.outcomes(1)[0]["error"] == "AbortError"
    connected.set_offline(False)
    tab.send("/messages", body={"text": "Next"})
    tab.outcomes(2)
    assert origin.effects == [{"text": "Next"}]


def test_a_redirect_is_not_followed(origin: Origin, tab: Tab) -> None:
    origin.refuse("/messages", 302, retry_after="")
    tab.send("/messages", body={})
    assert tab.outcomes(1)[0]["status"] == 302
    eventually(lambda: tab.run("shown.length") == 2, what="taking back")
