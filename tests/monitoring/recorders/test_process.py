"""The process on the board."""

import asyncio
import gc
import time
from collections.abc import Callable
from typing import Any

import uvloop

from apps.monitoring.policy.recorders import PROCESS
from apps.monitoring.recorders.process import ProcessRecorder
from tests.monitoring.recorders.board import Shown
from tests.servers.deadline import eventually

LAG, PAUSES = "event_loop_lag_seconds", "gc_pause_seconds"


def test_what_the_process_uses_is_told() -> None:
    shown = Shown(ProcessRecorder())
    assert shown("worker_cpu_seconds_total") > 0
    assert shown("worker_memory_bytes") > 10_000_000
    assert shown("worker_threads") >= 1
    assert shown.histogram(LAG).count == shown.histogram(PAUSES, "2").count == 0


async def test_a_loop_that_is_held_up_shows_it(listening: Callable[[Any], Any]) -> None:
    recorder = listening(ProcessRecorder())
    asyncio.get_running_loop().call_soon(time.sleep, 0.4)  # what holds the loop up
    await asyncio.to_thread(eventually, lambda: sum(one[0].name == LAG for one in [*recorder._samples]) >= 2)
    lag = Shown(recorder).histogram(LAG)
    assert lag.count >= 2
    assert lag.maximum > 0.1


def test_parts_of_a_millisecond_count(listening: Callable[[Any], Any]) -> None:
    async def late() -> list[float]:
        recorder = listening(ProcessRecorder())
        recorder.drained()
        for _ in range(20):
            recorder._tick(time.monotonic() - 0.0003)
        return [seconds for _, _, seconds in recorder.drained()]

    assert min(uvloop.run(late())) >= 0.0003, "uvloop's own clock has whole ones only"


async def test_after_its_end_the_loop_is_left_alone() -> None:
    recorder = ProcessRecorder()
    recorder.listen()
    recorder.deafen()
    recorder._tick(0.0)
    assert len(recorder.drained()) == 1, "the first one, of its begin"


def test_without_a_loop_collections_are_still_timed(listening: Callable[[Any], Any]) -> None:
    recorder = listening(ProcessRecorder())
    gc.collect(0)
    gc.collect(1)
    gc.collect()
    shown = Shown(recorder)
    assert shown.histogram(PAUSES, "1").count == 1
    assert 0 < shown.histogram(PAUSES, "2").total < 5
    assert shown.histogram(LAG).count == 0


def test_switched_off_it_times_nothing(listening: Callable[[Any], Any], ruled: Callable[..., None]) -> None:
    recorder = listening(ProcessRecorder())
    ruled(PROCESS, is_enabled=False)
    gc.collect()
    assert recorder.drained() == []
