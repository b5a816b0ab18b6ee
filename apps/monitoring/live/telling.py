"""Tells what this process did, once a second, while somebody anywhere watches; else it costs a look at a clock."""

import time
from collections.abc import Callable

from apps.backplane.bus import Loss, Unsubscribe
from apps.backplane.current import bus
from apps.backplane.envelope import Envelope
from apps.monitoring.live.growth import GROWTH, WATCH, GrowthError, encoded
from apps.monitoring.live.limits import METRICS_MAX, WATCHED_SECONDS, WATCHING_PROCESSES_MAX
from apps.monitoring.measuring.sheet import Sheet

Clock = Callable[[], float]
Drop = Callable[[str, int], None]
KIND = "live"


class Teller:
    """In every process. Hears in the bus's thread who watches what, and takes sheets in the keeper's."""

    def __init__(self, drop: Drop, *, clock: Clock = time.monotonic) -> None:
        self._drop, self._clock = drop, clock
        self._wishes: dict[str, tuple[float, frozenset[str]]] = {}
        self._before: Sheet | None = None
        self._unsubscribe: Unsubscribe | None = None

    def start(self) -> None:
        """Begin to hear who watches. Does not block."""
        self._unsubscribe = bus().subscribe(WATCH, self.hear, forget)

    def stop(self) -> None:
        """Hear no more, and tell no more: the bus ends before the keeper's last sheet."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        self._wishes = {}

    def hear(self, envelope: Envelope) -> None:
        """Take note of what a process with watchers wants; it repeats that while it does."""
        known = envelope.origin in self._wishes
        metrics = envelope.payload.get("metrics") or ()
        if known or len(self._wishes) < WATCHING_PROCESSES_MAX:
            wish = (self._clock() + WATCHED_SECONDS, frozenset(metrics[:METRICS_MAX]))
            self._wishes = {**self._wishes, envelope.origin: wish}  # swapped: the keeper's thread may be reading

    def take(self, sheet: Sheet) -> None:
        """Publish what happened since the last sheet to the metrics that are watched. Does not block."""
        before, self._before = self._before, sheet
        wanted = self._wanted()
        if not wanted or before is None or not sheet.at > before.at:
            return
        grown = only(sheet, wanted).since(only(before, wanted))
        try:
            bus().publish(GROWTH, encoded(grown, sheet.at - before.at))
        except GrowthError:
            self._drop(KIND, 1)

    def _wanted(self) -> frozenset[str]:
        if not self._wishes:
            return frozenset()
        now = self._clock()
        self._wishes = {origin: wish for origin, wish in self._wishes.items() if wish[0] > now}
        return frozenset().union(*(metrics for _, metrics in self._wishes.values()))


def only(sheet: Sheet, metrics: frozenset[str]) -> Sheet:
    """Return the lines of some metrics."""
    lines = [line for line in sheet.lines if line.metric in metrics]
    return Sheet(worker=sheet.worker, started=sheet.started, at=sheet.at, lines=lines)


def forget(_: Loss) -> None:
    """Do nothing about messages that may be missing: who watches says so again."""
