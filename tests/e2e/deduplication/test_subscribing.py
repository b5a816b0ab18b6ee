"""Subscriptions: told what is new, silent about the rest, looking again when there is reason to."""

import pytest

from tests.e2e.deduplication.origin import Origin
from tests.e2e.deduplication.tab import Tab
from tests.servers.deadline import eventually

pytestmark = pytest.mark.parametrize("browser_name", ["chromium"], indirect=True)


def test_a_subscriber_is_silent_when_nothing_changed(origin: Origin, tab: Tab) -> None:
    tab.watch("/data")
    tab.shown(1)
    tab.ask("/data", times=1)
    tab.outcomes(1)
    origin.data["/data"] = {"value": 2}
    tab.ask("/data")
    tab.outcomes(2)
    assert [one["data"]["value"] for one in tab.shown(2)] == [1, 2]
    assert len(origin.to("/data")) == 3


def test_coming_back_to_the_page_looks_again_once(origin: Origin, tab: Tab) -> None:
    tab.run("const start = Date.now(); window.now = () => start + window.later; window.later = 0")
    tab.run("window.pauses = []; window.wakes = []")
    tab.run("""window.staged = new face.Requests({ random: () => 0.5, clock: { now, sleep: (pause) => new Promise(
      (wake) => { if (pause < 20000) { pauses.push(pause); wakes.push(wake); } }) } })""")
    tab.watch("/data", on="staged")
    tab.shown(1)
    origin.data["/data"] = {"value": 2}
    tab.run("later = 10_000; for (const sign of ['focus', 'online', 'focus']) window.dispatchEvent(new Event(sign))")
    assert tab.run("pauses") == [500]
    tab.run("later = 10_500; wakes[0]()")
    assert tab.shown(2)[1]["data"] == {"value": 2}
    tab.run("window.dispatchEvent(new Event('focus'))")
    assert tab.run("pauses") == [500, 5500]


def test_what_is_watched_is_read_anew_when_it_is_invalidated(origin: Origin, tab: Tab) -> None:
    tab.watch("/data", tags=["numbers"])
    tab.watch("/other", tags=["letters"])
    tab.shown(2)
    origin.data["/data"] = {"value": 2}
    tab.run("face.invalidate('numbers')")
    assert tab.shown(3)[2]["data"] == {"value": 2}
    assert (len(origin.to("/data")), len(origin.to("/other"))) == (2, 1)


def test_a_burst_of_invalidations_is_one_request(origin: Origin, tab: Tab) -> None:
    tab.watch("/data", tags=["numbers"])
    tab.shown(1)
    origin.data["/data"] = {"value": 2}
    tab.run("for (let event = 0; event < 50; event += 1) face.invalidate('numbers')")
    tab.shown(2)
    assert len(origin.to("/data")) == 2


def test_nobody_joins_a_read_that_began_before_the_invalidation(origin: Origin, tab: Tab) -> None:
    origin.hold("/data")
    tab.ask("/data", tags=["numbers"])
    origin.arrives("/data")
    tab.run("face.invalidate('numbers')")
    tab.ask("/data", times=3, tags=["numbers"])
    origin.release("/data")
    tab.outcomes(4)
    assert len(origin.to("/data")) == 2
    tab.ask("/data", tags=["numbers"], staleMs=60_000)
    assert tab.outcomes(5)[4]["source"] == "memory"


def test_what_was_invalidated_while_it_was_read_is_not_fresh(origin: Origin, tab: Tab) -> None:
    origin.hold("/data")
    tab.ask("/data", tags=["numbers"])
    origin.arrives("/data")
    tab.run("face.invalidate('numbers')")
    origin.release("/data")
    tab.outcomes(1)
    tab.ask("/data", staleMs=60_000)
    assert tab.outcomes(2)[1]["source"] == "revalidated"


def test_the_last_subscriber_leaving_ends_the_request(origin: Origin, tab: Tab) -> None:
    origin.hold("/data")
    tab.watch("/data")
    origin.arrives("/data")
    tab.run("leave()")
    eventually(lambda: origin.left == ["/data"], what="the end of the request")
    assert tab.run("shown") == []


def test_a_subscriber_that_left_is_told_nothing(origin: Origin, tab: Tab) -> None:
    tab.watch("/data")
    tab.shown(1)
    tab.run("leave()")
    origin.data["/data"] = {"value": 2}
    tab.ask("/data")
    tab.outcomes(1)
    assert len(tab.run("shown")) == 1


def test_a_subscriber_hears_of_a_failure_and_then_of_the_answer(origin: Origin, tab: Tab) -> None:
    origin.refuse("/data", 503)
    tab.watch("/data", tags=["numbers"])
    assert tab.shown(1) == [{"status": 503}]
    tab.run("face.invalidate('numbers')")
    assert tab.shown(2)[1]["data"] == {"value": 1}


def test_a_subscriber_that_fails_does_not_keep_the_others_from_their_news(
    origin: Origin, tab: Tab, complaints: list[str]
) -> None:
    with tab.page.expect_event("pageerror") as reported:
        tab.run("face.subscribe('/data', () => { throw new Error('broken on purpose'); }); watch('/data')")
    assert "broken on purpose" in str(reported.value)
    assert tab.shown(1)[0]["data"] == {"value": 1}
    complaints.clear()


def test_a_page_back_from_the_browsers_cache_looks_again(origin: Origin, tab: Tab) -> None:
    tab.watch("/data")
    tab.shown(1)
    origin.data["/data"] = {"value": 2}
    tab.run("window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    assert tab.shown(2)[1]["data"] == {"value": 2}
