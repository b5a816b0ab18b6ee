"""Once a second: what recorders heard is counted, and a copy of all that is counted goes to whoever wants it."""

import logging
import time
from collections.abc import Callable, Sequence
from functools import partial
from threading import Event, Lock, Thread
from typing import Any

from apps.monitoring.measuring.board import Board
from apps.monitoring.measuring.metric import counter, distribution
from apps.monitoring.measuring.sheet import Sheet
from apps.monitoring.recorders.recorder import Recorder
from apps.monitoring.worker import Worker

logger = logging.getLogger(__name__)
TURN_SECONDS = 1.0
STOP_SECONDS = 2.0
DROPPED = counter("telemetry_dropped_total", "What was watched and could not be kept, by kind.", "kind")
OVERHEAD = distribution(
    "telemetry_overhead_seconds", "What watching costs each second: the counting, and requests, by one in 64."
)
Taker = Callable[[Sheet], None]  # must not block


class Keeper:
    """Owns the board of its process. A recorder or a taker that fails costs its own turn, and is counted."""

    def __init__(self, worker: Worker, recorders: Sequence[Recorder[Any]]) -> None:
        self.worker, self.recorders, self.board = worker, tuple(recorders), Board()
        self._takers: list[Taker] = []
        self._dropped: dict[str, int] = {}
        self._broken: set[str] = set()
        self._silent: set[str] = set()
        self._lock, self._stopping = Lock(), Event()
        self._thread = Thread(target=self._run, name="monitoring", daemon=True)

    def start(self) -> None:
        """Begin; does not block."""
        for recorder in self.recorders:
            self._guard(recorder.name, recorder.listen)
        self._thread.start()

    def stop(self) -> None:
        """Count what is left and end; blocks for two seconds at most."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)
        for recorder in self.recorders:
            self._guard(recorder.name, recorder.deafen)

    def hand_to(self, taker: Taker) -> None:
        """Have the taker given every sheet, once a second, in the keeper's thread."""
        self._takers.append(taker)

    def drop(self, kind: str, number: int = 1) -> None:
        """Count what could not be kept."""
        self._dropped[kind] = self._dropped.get(kind, 0) + number

    def turn(self) -> Sheet:
        """Count what waits and return a copy of everything. For any thread; waits for a turn under way."""
        with self._lock:
            began = time.thread_time()
            for recorder in self.recorders:
                self._guard(recorder.name, partial(self._count, recorder))
            self._tell_of_itself(time.thread_time() - began + self._spent())
            return self.board.sheet(worker=self.worker.name, started=self.worker.started, at=time.time())

    def _count(self, recorder: Recorder[Any]) -> None:
        samples = recorder.drained()
        try:
            if samples:
                recorder.fold(self.board, samples)
        except Exception:  # raised again, once the samples are counted as dropped
            self.drop(recorder.name, len(samples))
            raise
        finally:
            self._look(recorder)

    def _look(self, recorder: Recorder[Any]) -> None:
        """Have the recorder look around. Of one that is switched off no gauge stays, as if it were so now."""
        if recorder.rules.is_enabled:
            recorder.read(self.board)
            self._silent.discard(recorder.name)
        elif recorder.name not in self._silent:
            told = Board()
            recorder.read(told)
            for metric in told.gauges():
                self.board.clear(metric)
            self._silent.add(recorder.name)

    def _tell_of_itself(self, seconds: float) -> None:
        for recorder in self.recorders:
            dropped = recorder.dropped + self._dropped.get(recorder.name, 0)
            self.board.put(DROPPED, (recorder.name,), dropped)
        for kind in self._dropped.keys() - {recorder.name for recorder in self.recorders}:
            self.board.put(DROPPED, (kind,), self._dropped[kind])
        self.board.observe(OVERHEAD, (), seconds)

    def _spent(self) -> float:
        """Return what requests spent on being watched since the last turn, as far as a recorder knows."""
        spent = sum(recorder.spent_seconds for recorder in self.recorders)
        for recorder in self.recorders:
            recorder.spent_seconds = 0.0
        return spent

    def _guard(self, name: str, act: Callable[[], None]) -> None:
        try:
            act()
            self._broken.discard(name)
        except Exception:  # whatever fails to watch may not end the watching of the rest; it is said once
            if name not in self._broken:
                logger.exception("The recorder of %s failed", name)
            self._broken.add(name)

    def _run(self) -> None:
        while not self._stopping.wait(TURN_SECONDS):
            self._hand_out()
        self._hand_out()

    def _hand_out(self) -> None:
        sheet = self.turn()
        for taker in self._takers:
            self._guard(f"taker {taker!r}", partial(taker, sheet))
