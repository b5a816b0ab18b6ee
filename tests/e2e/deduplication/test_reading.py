"""One page: whoever asks for the same while it is under way shares it, and nobody asks for what is known."""

from collections.abc import Callable

import pytest

from tests.e2e.deduplication.origin import Origin
from tests.e2e.deduplication.tab import Tab
from tests.servers.deadline import eventually

pytestmark = pytest.mark.parametrize("browser_name", ["chromium"], indirect=True)


def test_a_query_written_in_another_order_is_the_same_question(origin: Origin, tab: Tab) -> None:
    origin.hold("/data?a=1&b=2")
    tab.ask("/data?a=1&b=2#top")
    tab.ask("/data?b=2&a=1")
    origin.release("/data?a=1&b=2")
    assert len(tab.outcomes(2)) == 2
    assert [one.path for one in origin.seen] == ["/data?a=1&b=2"]


def test_another_accept_header_is_another_question(origin: Origin, tab: Tab) -> None:
    tab.ask("/data")
    tab.ask("/data", accept="text/html")
    tab.outcomes(2)
    assert sorted(one.headers["Accept"] for one in origin.to("/data")) == ["application/json", "text/html"]


def test_one_of_ten_leaving_leaves_nine(origin: Origin, tab: Tab) -> None:
    origin.hold("/data")
    tab.ask("/data", times=10)
    origin.arrives("/data")
    tab.run("controllers[3].abort()")
    assert tab.outcomes(1)[0]["error"] == "AbortError"
    origin.release("/data")
    outcomes = tab.outcomes(10)
    assert [one.get("data") for one in outcomes[1:]] == [{"value": 1}] * 9
    assert (len(origin.to("/data")), origin.left) == (1, [])


def test_the_last_one_leaving_ends_the_request_at_the_server(origin: Origin, tab: Tab) -> None:
    origin.hold("/data")
    tab.ask("/data", times=2)
    origin.arrives("/data")
    tab.run("controllers[0].abort()")
    tab.run("controllers[1].abort()")
    eventually(lambda: origin.left == ["/data"], what="the end of the request")
    assert [one["error"] for one in tab.outcomes(2)] == ["AbortError"] * 2


def test_whoever_asks_after_all_left_is_answered_at_once(origin: Origin, tab: Tab) -> None:
    tab.run("window.patient = new face.Requests({ graceMs: 60_000 })")
    origin.hold("/data")
    tab.ask("/data", on="patient")
    origin.arrives("/data")
    tab.run("controllers[0].abort(); ask('/data', {}, patient)")
    origin.arrives("/data", 2)
    origin.release("/data")
    assert tab.outcomes(2)[1]["data"] == {"value": 1}


def test_what_is_fresh_is_not_asked_again(origin: Origin, tab: Tab) -> None:
    tab.ask("/data")
    tab.outcomes(1)
    tab.ask("/data", staleMs=60_000)
    assert [one["source"] for one in tab.outcomes(2)] == ["network", "memory"]
    assert tab.outcomes(2)[1]["age"] >= 0
    assert len(origin.to("/data")) == 1


def test_what_has_not_changed_is_not_sent_again(origin: Origin, tab: Tab) -> None:
    tab.ask("/data")
    tab.outcomes(1)
    tab.ask("/data")
    outcomes = tab.outcomes(2)
    assert [(one["source"], one["data"]) for one in outcomes] == [
        ("network", {"value": 1}),
        ("revalidated", {"value": 1}),
    ]
    assert origin.to("/data")[1].headers["If-None-Match"].startswith('"')
    assert tab.statistics()["avoided"]["unchanged"] == 1


def test_what_has_changed_is_sent_anew(origin: Origin, tab: Tab) -> None:
    tab.ask("/data")
    tab.outcomes(1)
    origin.data["/data"] = {"value": 2}
    tab.ask("/data")
    assert tab.outcomes(2)[1]["data"] == {"value": 2}


def test_a_refresh_asks_with_the_etag_it_had(origin: Origin, tab: Tab) -> None:
    tab.ask("/data")
    tab.outcomes(1)
    tab.load()
    tab.ask("/data")
    assert tab.outcomes(1)[0]["data"] == {"value": 1}
    assert "If-None-Match" in origin.to("/data")[1].headers


def test_embedded_data_is_asked_about_by_its_etag(origin: Origin, tab: Tab) -> None:
    tab.ask("/data")
    tab.outcomes(1)
    etag = tab.run("fetch('/data').then((answer) => answer.headers.get('ETag'))")
    tab.load()
    tab.run(f"face.seed('/data', {{ value: 1 }}, {etag!r}); ask('/data')")
    assert tab.outcomes(1)[0]["source"] == "revalidated"


def test_nobody_changes_what_another_was_given(origin: Origin, tab: Tab) -> None:
    value = tab.run("""(async () => {
      const first = await face.get("/data");
      first.data.value = "spoilt";
      return (await face.get("/data", { staleMs: 60_000 })).data.value;
    })()""")
    assert value == 1


def test_an_error_says_what_the_problem_document_says(origin: Origin, tab: Tab) -> None:
    origin.refuse("/data", 503, retry_after="7")
    tab.ask("/data", times=2)
    expected = {"error": "RequestError", "status": 503, "detail": "Not so.", "requestId": "r-1", "retryAfter": 7}
    assert tab.outcomes(2) == [{**expected, "isPassing": True}] * 2
    assert len(origin.to("/data")) == 1


def test_what_is_gone_is_forgotten(origin: Origin, tab: Tab) -> None:
    tab.ask("/data")
    tab.outcomes(1)
    origin.refuse("/data", 404)
    tab.ask("/data")
    assert tab.outcomes(2)[1]["status"] == 404
    tab.ask("/data", staleMs=60_000)
    assert tab.outcomes(3)[2]["source"] == "network"


def test_nothing_is_asked_of_another_site(origin: Origin, tab: Tab) -> None:
    tab.ask("https://example.org/data")
    assert tab.outcomes(1)[0]["error"] == "TypeError"


def test_a_server_that_never_answers_is_given_up(origin: Origin, tab: Tab) -> None:
    origin.hold("/data")
    tab.run("window.impatient = new face.Requests({ timeoutMs: 50 })")
    tab.ask("/data", on="impatient")
    assert tab.outcomes(1)[0] == {
        "error": "RequestError",
        "status": 0,
        "detail": "The server took too long to answer.",
        "requestId": None,
        "retryAfter": None,
        "isPassing": True,
    }
    eventually(lambda: origin.left == ["/data"], what="the end of the request")


def test_a_browser_without_locks_still_shares_within_the_page(origin: Origin, new_tab: Callable[..., Tab]) -> None:
    tab = new_tab()
    origin.hold("/data")
    tab.run("window.plain = new face.Requests({ locks: undefined })")
    tab.ask("/data", times=3, on="plain")
    origin.arrives("/data")
    origin.release("/data")
    assert len(tab.outcomes(3)) == 3
    assert len(origin.to("/data")) == 1


def test_the_wait_for_another_read_counts(origin: Origin, tab: Tab) -> None:
    origin.hold("/data")
    tab.run("window.impatient = new face.Requests({ timeoutMs: 50 })")
    tab.ask("/data")
    origin.arrives("/data")
    tab.ask("/data", on="impatient")
    assert tab.outcomes(1)[0]["status"] == 0
    origin.release("/data")
    assert tab.outcomes(2)[1]["data"] == {"value": 1}
    assert len(origin.to("/data")) == 1
