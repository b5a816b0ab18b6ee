"""The process itself: what it uses, and what holds it up. The figures Prometheus has by other names stay here."""

import asyncio
import gc
import threading
import time
from contextlib import suppress
from typing import Any

import psutil

from apps.monitoring.measuring.board import Board
from apps.monitoring.measuring.metric import Metric, counter, distribution, gauge
from apps.monitoring.policy.recorders import PROCESS
from apps.monitoring.recorders.recorder import Recorder

CPU = counter("worker_cpu_seconds_total", "Processor time of this process.", is_exported=False)
MEMORY = gauge("worker_memory_bytes", "Memory this process has for itself.", is_exported=False)
THREADS = gauge("worker_threads", "Threads of this process.")
LAG = distribution("event_loop_lag_seconds", "How much later than it was due the event loop ran a timer.")
PAUSES = distribution(
    "gc_pause_seconds", "How long a collection of the older generations held all threads up.", "generation"
)
TICK_SECONDS = 0.25
OLDER = ("1", "2")
Sample = tuple[Metric, tuple[str, ...], float]


class ProcessRecorder(Recorder[Sample]):
    """Hears of collections, and asks the event loop again and again how late it is."""

    name = "process"
    policy = PROCESS
    limit = 10_000

    def __init__(self) -> None:
        super().__init__()
        self._process = psutil.Process()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._collecting_since = 0.0

    def listen(self) -> None:
        """Begin; in the thread of the event loop, where there is one."""
        gc.callbacks.append(self._collected)
        with suppress(RuntimeError):  # a task worker has no loop
            self._loop = asyncio.get_running_loop()
            self._tick(time.monotonic())

    def deafen(self) -> None:
        """End; the timer that is set finds it so."""
        self._loop = None
        gc.callbacks.remove(self._collected)

    def fold(self, board: Board, samples: list[Sample]) -> None:
        """Count lags and pauses."""
        for sample in samples:
            board.observe(*sample)

    def read(self, board: Board) -> None:
        """Tell what the process uses."""
        board.put(CPU, (), time.process_time())
        board.put(MEMORY, (), self._process.memory_info().rss)
        board.put(THREADS, (), threading.active_count())
        board.histogram(LAG, ())
        for generation in OLDER:
            board.histogram(PAUSES, (generation,))

    def _tick(self, due: float) -> None:
        """Be run by the loop, at a time of the monotonic clock: uvloop's own has whole milliseconds only."""
        loop = self._loop
        if loop is not None:
            now = time.monotonic()
            if self.rules.is_enabled:
                self.take((LAG, (), max(0.0, now - due)))
            loop.call_later(TICK_SECONDS, self._tick, now + TICK_SECONDS)

    def _collected(self, phase: str, info: dict[str, Any]) -> None:
        """Be called at every collection, also in the middle of a request: the youngest are many and short."""
        generation = info["generation"]
        if not generation:
            return
        if phase == "start":
            self._collecting_since = time.perf_counter()
        elif self.rules.is_enabled:
            self.take((PAUSES, (str(generation),), time.perf_counter() - self._collecting_since))
