"""Telling: nothing while nobody watches, and then only what is watched."""

from collections.abc import Iterator
from typing import Any

import pytest

from apps.backplane.current import bus
from apps.monitoring.live import telling
from apps.monitoring.live.growth import GROWTH, WATCH, decoded
from apps.monitoring.live.limits import WATCHED_SECONDS, WATCHING_PROCESSES_MAX
from apps.monitoring.live.telling import Teller
from tests.monitoring.live.said import COUNTED, LEVEL, envelope, sheet
from tests.servers.deadline import eventually


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Told:
    """A teller whose words are kept."""

    def __init__(self) -> None:
        self.clock, self.heard, self.dropped = Clock(), [], 0
        self.teller = Teller(self._drop, clock=self.clock)

    def _drop(self, kind: str, number: int) -> None:
        assert kind == "live"
        self.dropped += number

    def publish(self, topic: str, payload: Any) -> None:
        assert topic == GROWTH
        self.heard.append(decoded(payload))

    def take(self, at: float, number: float) -> None:
        self.teller.take(sheet(at=at, counted={"a": number}, level=1))


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[Told]:
    made = Told()
    monkeypatch.setattr(telling, "bus", lambda: made)
    return made


def wish(*metrics: str) -> dict[str, Any]:
    return {"metrics": list(metrics)}


def test_nothing_is_told_while_nobody_watches(told: Told) -> None:
    told.take(1.0, 1)
    told.take(2.0, 2)
    assert told.heard == []


def test_the_growth_of_what_is_watched_is_told_from_the_next_second_on(told: Told) -> None:
    told.take(1.0, 1)
    told.teller.hear(envelope(wish(COUNTED.name)))
    told.take(2.5, 4)
    told.take(3.5, 4)
    told.take(3.5, 4)
    assert [(one.worker, one.seconds, [(line.metric, line.value) for line in one.lines]) for one in told.heard] == [
        ("w", 1.5, [(COUNTED.name, 3)]),
        ("w", 1.0, []),
    ]


def test_it_ends_when_the_watchers_say_no_more_and_wishes_are_added_up(told: Told) -> None:
    told.take(1.0, 1)
    told.teller.hear(envelope(wish(COUNTED.name), origin="one"))
    told.clock.now += WATCHED_SECONDS - 1
    told.teller.hear(envelope(wish(LEVEL.name), origin="two"))
    told.take(2.0, 2)
    told.clock.now += 2
    told.take(3.0, 3)
    told.clock.now += WATCHED_SECONDS
    told.take(4.0, 4)
    assert [{line.metric for line in one.lines} for one in told.heard] == [{COUNTED.name, LEVEL.name}, {LEVEL.name}]


def test_who_may_wish_is_bounded(told: Told) -> None:
    for number in range(WATCHING_PROCESSES_MAX + 5):
        told.teller.hear(envelope(wish(), origin=str(number)))
    assert len(told.teller._wishes) == WATCHING_PROCESSES_MAX


def test_what_is_too_large_is_dropped_and_counted(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.monitoring.live.growth.GROWTH_MAX_BYTES", 10)
    told.take(1.0, 1)
    told.teller.hear(envelope(wish(COUNTED.name)))
    told.take(2.0, 2)
    assert (told.heard, told.dropped) == ([], 1)


def test_over_the_bus_it_hears_who_watches_until_it_stops() -> None:
    clock = Clock()
    teller = Teller(lambda kind, number: None, clock=clock)
    heard: list[Any] = []
    unsubscribe = bus().subscribe(GROWTH, heard.append, lambda loss: None)
    teller.start()
    bus().publish(WATCH, wish(COUNTED.name))
    eventually(lambda: teller._wishes, what="the wish")
    teller.take(sheet(at=1.0, counted={"a": 1}))
    teller.take(sheet(at=2.0, counted={"a": 3}))
    eventually(lambda: heard, what="the growth")
    teller.stop()
    teller.stop()
    teller.take(sheet(at=3.0, counted={"a": 9}))
    unsubscribe()
    assert [decoded(one.payload).lines[0].value for one in heard] == [2]
