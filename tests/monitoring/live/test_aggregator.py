"""The aggregator: each chart worked out once a second, one frame for each socket, never a queue."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from apps.chat.live.desk import Desk
from apps.monitoring.charts import chart as declared
from apps.monitoring.charts.chart import ChartLine, Figure, declare
from apps.monitoring.live import aggregator as module
from apps.monitoring.live.aggregator import Aggregator
from apps.monitoring.live.growth import WATCH
from apps.monitoring.live.limits import ANNOUNCE_SECONDS, HEARTBEAT_SECONDS, KEPT_SECONDS, UNWATCHED_SECONDS
from apps.monitoring.live.watcher import Watcher
from tests.monitoring.live.said import COUNTED, SECONDS, chart, envelope, said


class Scene:
    """An aggregator, a bus that keeps what is published, and a clock moved by hand."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.published: list[tuple[str, Any]] = []
        self.desk = Desk("test", threads=1)
        self.aggregator = Aggregator(self, desk=self.desk, clock=lambda: self.now)  # type: ignore[arg-type]

    def publish(self, topic: str, payload: Any) -> None:
        self.published.append((topic, payload))

    def watcher(self, *charts: str) -> Watcher:
        made = Watcher(session_key="k", user_id=1, now=self.now, snapshot=self.aggregator.snapshot)
        self.aggregator.watchers.add(made)
        if charts:
            self.aggregator.watch(made, charts)
        return made

    async def second(self, **did: Any) -> None:
        """Let a second pass in which a process did something."""
        self.now += 1
        if did:
            self.aggregator.hear_growth(said(**did))
        await self.aggregator.turn()


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.setattr(declared, "_charts", {})
    declare(chart("one"))
    declare(chart("two", ChartLine(label="p50", metric=SECONDS.name, figure=Figure.P50)))
    made = Scene()
    yield made
    made.desk.stop()


async def heard(watcher: Watcher) -> dict[str, Any]:
    async with asyncio.timeout(5):
        found: dict[str, Any] = json.loads(await watcher.next())
        return found


def is_silent(watcher: Watcher) -> bool:
    waiting = watcher.next()
    try:
        waiting.send(None)
    except StopIteration:
        return False
    finally:
        waiting.close()
    return True


async def test_a_watcher_gets_a_snapshot_and_then_each_second(scene: Scene) -> None:
    watcher = scene.watcher("one", "two")
    first = await heard(watcher)
    await scene.second(counted={"a": 3}, values=[0.25])
    then = await heard(watcher)
    assert (first["type"], first["step"], first["charts"], first["events"]) == ("snapshot", 1, {}, [])
    assert (then["type"], then["events"]) == ("delta", [])
    assert then["charts"] == {"one": {"a": 3}, "two": {"p50": 0.25}}
    assert is_silent(watcher)


async def test_who_comes_later_sees_the_minutes_before(scene: Scene) -> None:
    early = scene.watcher("one")
    await scene.second(counted={"a": 1})
    await scene.second(counted={"b": 2})
    late = scene.watcher("one")
    shown = (await heard(late))["charts"]["one"]
    assert shown["lines"] == {"a": [1, None], "b": [None, 2]}
    assert len(shown["times"]) == 2
    assert not is_silent(early)


async def test_each_chart_is_worked_out_and_encoded_once_for_all(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    worked: list[str] = []
    drawn = module.drawn
    monkeypatch.setattr(module, "drawn", lambda chart, source: worked.append(chart.name) or drawn(chart, source))
    watchers = [scene.watcher("one", "two") for _ in range(50)]
    for watcher in watchers:
        await heard(watcher)
    await scene.second(counted={"a": 1})
    frames = [watcher._delta for watcher in watchers]
    assert sorted(worked) == ["one", "two"]
    assert len({id(frame) for frame in frames}) == 1
    assert frames[0] is not None


async def test_who_does_not_keep_up_gets_one_snapshot_for_all_that_was_missed(scene: Scene) -> None:
    watcher = scene.watcher("one")
    await heard(watcher)
    for number in range(1, 5):
        await scene.second(counted={"a": number})
    caught_up = await heard(watcher)
    assert caught_up["type"] == "snapshot"
    assert caught_up["charts"]["one"]["lines"] == {"a": [1, 2, 3, 4]}
    assert is_silent(watcher)
    await scene.second(counted={"a": 5})
    assert (await heard(watcher))["charts"] == {"one": {"a": 5}}


async def test_nothing_is_asked_for_while_all_pause(scene: Scene) -> None:
    watcher = scene.watcher("one")
    await heard(watcher)
    watcher.pause()
    scene.published.clear()
    for _ in range(5):
        await scene.second(counted={"a": 1})
    assert scene.published == []
    assert is_silent(watcher)
    watcher.resume()
    assert (await heard(watcher))["type"] == "snapshot"
    await scene.second()
    assert scene.published == [(WATCH, {"metrics": [COUNTED.name]})]


async def test_processes_are_told_again_and_again_what_is_watched(scene: Scene) -> None:
    scene.watcher("one")
    scene.watcher("two")
    seconds = 10
    for _ in range(seconds):
        await scene.second()
    wishes = [payload["metrics"] for _, payload in scene.published]
    assert wishes[0] == [COUNTED.name]
    assert wishes[-1] == sorted([COUNTED.name, SECONDS.name])
    assert 2 + seconds / ANNOUNCE_SECONDS >= len(wishes) >= seconds / ANNOUNCE_SECONDS


async def test_the_minutes_of_a_chart_are_forgotten_when_nobody_watches_it(scene: Scene) -> None:
    watcher = scene.watcher("one")
    await scene.second(counted={"a": 1})
    scene.aggregator.watch(watcher, ("two",))
    await scene.second(counted={"a": 1})
    assert set(scene.aggregator._rings) == {"one", "two"}
    scene.now += UNWATCHED_SECONDS
    await scene.second(counted={"a": 1})
    assert set(scene.aggregator._rings) == {"two"}


async def test_the_minutes_of_a_chart_are_bounded(scene: Scene) -> None:
    watcher = scene.watcher("one")
    await scene.second(counted={"a": 1})
    ring = scene.aggregator._rings["one"]
    for number in range(2 * KEPT_SECONDS):
        ring.add(float(number), {"a": 1.0})
    assert len(json.loads(ring.whole)["times"]) == KEPT_SECONDS
    assert watcher.is_watching


async def test_events_come_with_the_next_second_and_with_snapshots(scene: Scene) -> None:
    watcher = scene.watcher("one")
    await heard(watcher)
    scene.aggregator.hear_event(envelope({"kind": "breaker", "title": "assistant opened"}))
    await scene.second()
    delta = await heard(watcher)
    late = await heard(scene.watcher("one"))
    await scene.second()
    assert delta["events"] == late["events"] == [{"kind": "breaker", "title": "assistant opened"}]
    assert (await heard(watcher))["events"] == []
    scene.now += KEPT_SECONDS + 1
    assert (await heard(scene.watcher("one")))["events"] == []


async def test_a_socket_that_is_told_nothing_hears_a_heartbeat(scene: Scene) -> None:
    watcher = scene.watcher()
    await scene.second()
    assert is_silent(watcher)
    scene.now += HEARTBEAT_SECONDS
    await scene.second()
    assert await heard(watcher) == {"type": "heartbeat"}


async def test_what_is_no_word_of_a_process_is_counted_and_left_out(scene: Scene) -> None:
    scene.aggregator.hear_growth(envelope({"nothing": 1}))
    assert scene.aggregator.refused == 0
    watcher = scene.watcher("one")
    await heard(watcher)
    scene.aggregator.hear_growth(envelope({"nothing": 1}))
    await scene.second()
    assert scene.aggregator.refused == 1
    assert (await heard(watcher))["charts"] == {"one": {}}


async def test_a_chart_of_what_nobody_measures_leaves_the_others_alone(scene: Scene) -> None:
    declare(chart("none", ChartLine(label="x", metric="none_total", figure=Figure.RATE)))
    watcher = scene.watcher("none", "one")
    await heard(watcher)
    await scene.second(counted={"a": 1})
    assert (await heard(watcher))["charts"] == {"none": {}, "one": {"a": 1}}
