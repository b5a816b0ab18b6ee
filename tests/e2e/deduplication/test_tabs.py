"""Several tabs: one asks for all, another takes its place, and nobody is given what is another person's."""

from collections.abc import Callable
from functools import partial

import pytest

from tests.e2e.deduplication.origin import Origin
from tests.e2e.deduplication.tab import Tab
from tests.e2e.deduplication.together import WAITING, all_ask
from tests.servers.deadline import eventually

pytestmark = pytest.mark.parametrize("browser_name", ["chromium"], indirect=True)

# Whatever is heard is heard a second late, in its order: what a busy machine does.
SLOW_EARS = """
  const late = (name) => Object.assign(new EventTarget(), {
    ears: new BroadcastChannel(name),
    postMessage(message) { this.ears.postMessage(message); },
    close() { this.ears.close(); },
  });
  const channel = (name) => {
    const made = late(name);
    const hear = ({ data }) => made.dispatchEvent(new MessageEvent("message", { data }));
    made.ears.onmessage = (message) => setTimeout(hear, 1000, message);
    return made;
  };
  window.slow = new face.Requests({ channel });
"""


def is_over(tab: Tab) -> bool:
    """Return whether the tab refuses even what it had in memory."""
    return bool(tab.run("face.get('/data', { staleMs: 60000 }).then(() => 0, ({ status }) => status)") == 401)


def test_a_tab_that_closes_midway_is_succeeded_by_one(origin: Origin, new_tab: Callable[..., Tab]) -> None:
    *others, first = [new_tab() for _ in range(3)]
    origin.hold("/data")
    all_ask([first, *others], "/data")
    origin.arrives("/data")
    first.page.close()
    origin.arrives("/data", 2)
    eventually(lambda: origin.left == ["/data"], what="the end of the closed tab's request")
    origin.release("/data")
    assert [tab.outcomes(1)[0]["data"] for tab in others] == [{"value": 1}] * 2
    assert len(origin.to("/data")) == 2


def test_a_tab_whose_last_reader_leaves_is_succeeded(origin: Origin, new_tab: Callable[..., Tab]) -> None:
    first, second = new_tab(), new_tab()
    origin.hold("/data")
    all_ask([first, second], "/data")
    origin.arrives("/data")
    first.run("controllers[0].abort()")
    origin.arrives("/data", 2)
    origin.release("/data")
    assert second.outcomes(1)[0]["source"] == "network"


def test_a_waiting_tab_may_leave_without_the_others_noticing(origin: Origin, new_tab: Callable[..., Tab]) -> None:
    first, second = new_tab(), new_tab()
    origin.hold("/data")
    all_ask([first, second], "/data")
    second.run("controllers[0].abort()")
    assert second.outcomes(1)[0]["error"] == "AbortError"
    origin.release("/data")
    assert first.outcomes(1)[0]["data"] == {"value": 1}
    assert len(origin.to("/data")) == 1


def test_an_answer_that_is_told_late_is_still_waited_for(origin: Origin, new_tab: Callable[..., Tab]) -> None:
    first, second = new_tab(), new_tab()
    second.run(SLOW_EARS)
    origin.hold("/data")
    first.ask("/data")
    origin.arrives("/data")
    second.ask("/data", on="slow")
    eventually(lambda: second.run(WAITING) == 1, what="the second tab's waiting")
    origin.release("/data")
    assert second.outcomes(1)[0]["source"] == "tab"
    assert second.statistics("slow")["requests"]["sent"] == 0


def test_an_error_is_told_to_the_tabs_that_wait(origin: Origin, new_tab: Callable[..., Tab]) -> None:
    tabs = [new_tab() for _ in range(2)]
    origin.refuse("/data", 503, retry_after="3")
    origin.hold("/data")
    all_ask(tabs, "/data")
    origin.release("/data")
    assert [(one["status"], one["retryAfter"]) for tab in tabs for one in tab.outcomes(1)] == [(503, 3)] * 2
    assert len(origin.to("/data")) == 1


def test_what_one_tab_read_is_fresh_in_another(origin: Origin, new_tab: Callable[..., Tab]) -> None:
    first, second = new_tab(), new_tab()
    second.run("window.cut = new face.Requests({ fetch: () => Promise.reject(new TypeError('no network')) })")
    first.ask("/data")
    first.outcomes(1)
    known = "cut.get('/data', { staleMs: 60000 }).then(({ source }) => source, () => null)"
    assert eventually(lambda: second.run(known), what="the news") == "memory"
    assert len(origin.to("/data")) == 1


def test_an_invalidation_has_all_watching_tabs_make_one_request(origin: Origin, new_tab: Callable[..., Tab]) -> None:
    tabs = [new_tab() for _ in range(3)]
    for tab in tabs:
        tab.watch("/data", tags=["numbers"], staleMs=60_000)
        tab.shown(1)
    before = len(origin.to("/data"))
    origin.data["/data"] = {"value": 2}
    origin.hold("/data")
    tabs[0].run("face.invalidate('numbers')")
    eventually(lambda: tabs[0].run(WAITING) == 2, what="the other tabs' waiting")
    origin.release("/data")
    assert [tab.shown(2)[1]["data"] for tab in tabs] == [{"value": 2}] * 3
    assert len(origin.to("/data")) == before + 1


def test_no_tab_takes_an_answer_older_than_its_invalidation(origin: Origin, new_tab: Callable[..., Tab]) -> None:
    first, second = new_tab(), new_tab()
    origin.hold("/data")
    first.ask("/data", tags=["numbers"])
    origin.arrives("/data")
    second.run("face.invalidate('numbers')")
    second.ask("/data", tags=["numbers"])
    eventually(lambda: second.run(WAITING) == 1, what="the second tab's waiting")
    origin.release("/data")
    assert second.outcomes(1)[0]["source"] != "tab"
    assert len(origin.to("/data")) == 2


def test_signing_out_clears_all_tabs(origin: Origin, new_tab: Callable[..., Tab]) -> None:
    tabs = [new_tab() for _ in range(3)]
    for tab in tabs:
        tab.ask("/data")
        tab.outcomes(1)
    origin.hold("/slow")
    tabs[0].ask("/slow")
    origin.arrives("/slow")
    before = len(origin.seen)
    tabs[1].run("face.signOut()")
    eventually(lambda: origin.left == ["/slow"], what="the end of what was under way")
    for tab in tabs:
        assert eventually(partial(is_over, tab), what="the end of the session")
    assert len(origin.seen) == before
    assert tabs[0].outcomes(2)[1]["status"] == 401


def test_two_people_never_share(origin: Origin, new_tab: Callable[..., Tab]) -> None:
    first = new_tab(user="1")
    first.ask("/data")
    first.outcomes(1)
    origin.hold("/slow")
    first.ask("/slow")
    origin.arrives("/slow")
    second = new_tab(user="2")
    second.ask("/slow")
    second.ask("/data", staleMs=60_000)
    origin.arrives("/slow", 2)
    origin.release("/slow")
    assert {one["source"] for one in second.outcomes(2)} == {"network"}
    assert first.outcomes(2)[1]["status"] == 401
    assert (len(origin.to("/data")), len(origin.to("/slow"))) == (2, 2)


def test_the_tabs_of_one_person_do_not_close_each_other(origin: Origin, new_tab: Callable[..., Tab]) -> None:
    first, _second = new_tab(user="1"), new_tab(user="1")
    first.ask("/data")
    assert first.outcomes(1)[0]["data"] == {"value": 1}
