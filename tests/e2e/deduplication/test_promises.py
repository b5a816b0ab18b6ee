"""What both browsers are held to. The rest of this folder is tried in Chromium alone: it asks no more of a browser."""

from collections.abc import Callable

from playwright.sync_api import BrowserContext

from tests.e2e.deduplication.origin import Origin
from tests.e2e.deduplication.tab import Tab
from tests.e2e.deduplication.together import all_ask


def test_ten_components_make_one_request(origin: Origin, tab: Tab) -> None:
    origin.hold("/data")
    tab.ask("/data", times=10)
    origin.arrives("/data")
    origin.release("/data")
    outcomes = tab.outcomes(10)
    assert [one["data"] for one in outcomes] == [{"value": 1}] * 10
    assert len(origin.to("/data")) == 1
    assert tab.statistics()["avoided"]["page"] == 9


def test_five_tabs_make_one_request(origin: Origin, new_tab: Callable[..., Tab]) -> None:
    tabs = [new_tab() for _ in range(5)]
    origin.hold("/data")
    all_ask(tabs, "/data")
    origin.release("/data")
    outcomes = [tab.outcomes(1)[0] for tab in tabs]
    assert [one["data"] for one in outcomes] == [{"value": 1}] * 5
    assert sorted(one["source"] for one in outcomes) == ["network"] + ["tab"] * 4
    assert len(origin.to("/data")) == 1
    assert sorted(tab.statistics()["avoided"]["tabs"] for tab in tabs) == [0, 1, 1, 1, 1]


def test_a_refresh_with_embedded_data_makes_no_request(origin: Origin, tab: Tab) -> None:
    for _ in range(2):
        tab.load()
        tab.run("""face.seed("/data", { value: 7 }, '"seven"')""")
        tab.ask("/data", staleMs=60_000)
        assert [(one["source"], one["data"]) for one in tab.outcomes(1)] == [("memory", {"value": 7})]
    assert origin.seen == []


def test_what_is_sent_offline_arrives_once(origin: Origin, tab: Tab, connected: BrowserContext) -> None:
    connected.set_offline(True)
    tab.send("/messages", body={"text": "Hello"})
    assert tab.shown(1) == ["applied"]
    connected.set_offline(False)
    assert tab.outcomes(1)[0]["status"] == 201
    assert origin.effects == [{"text": "Hello"}]
    assert tab.statistics()["requests"]["sent"] == 1
