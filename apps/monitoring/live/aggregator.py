"""One for each web process, however many watch: has each watched chart worked out once a second, and told to all."""

import logging
import time
from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING

from apps.backplane.bus import Bus
from apps.backplane.envelope import Envelope
from apps.chat.live.desk import Desk
from apps.monitoring.charts.chart import Chart, chart_of
from apps.monitoring.charts.drawing import drawn
from apps.monitoring.live.frames import HEARTBEAT, delta, snapshot
from apps.monitoring.live.gathering import Gathering, Second
from apps.monitoring.live.growth import WATCH, Growth, GrowthError, decoded
from apps.monitoring.live.limits import (
    ANNOUNCE_SECONDS,
    EVENTS_MAX,
    HEARTBEAT_SECONDS,
    KEPT_SECONDS,
    UNWATCHED_SECONDS,
)
from apps.monitoring.live.ring import Ring, Values
from apps.monitoring.live.telling import Clock
from apps.monitoring.live.watcher import Watcher

if TYPE_CHECKING:
    from apps.monitoring.live.announcing import Event

logger = logging.getLogger(__name__)


class Aggregator:
    """Lives on the event loop; charts are worked out in a thread of its own. Idle while nobody watches."""

    def __init__(self, bus: Bus, *, desk: Desk, clock: Clock = time.monotonic) -> None:
        self._bus, self._desk, self._clock = bus, desk, clock
        self.watchers: set[Watcher] = set()
        self._gathering = Gathering()
        self._rings: dict[str, Ring] = {}
        self._events: deque[tuple[float, Event]] = deque(maxlen=EVENTS_MAX)
        self._news: deque[Event] = deque(maxlen=EVENTS_MAX)
        self._announce_at = 0.0
        self.refused = 0

    def hear_growth(self, envelope: Envelope) -> None:
        """Take note of what a process did."""
        if not self.watchers:
            return
        try:
            is_kept = self._gathering.hear(decoded(envelope.payload), self._clock())
        except GrowthError:
            is_kept = False
        self.refused += not is_kept

    def hear_event(self, envelope: Envelope) -> None:
        """Take note of an event, for the next second."""
        self._events.append((self._clock(), envelope.payload))
        if self.watchers:
            self._news.append(envelope.payload)

    def watch(self, watcher: Watcher, charts: tuple[str, ...]) -> None:
        """Have a watcher watch charts; tell the processes at once."""
        watcher.watch(charts)
        self._announce_at = 0.0
        self._announce()

    def snapshot(self, watcher: Watcher) -> str:
        """Return all that is known of a watcher's charts."""
        names = watcher.charts or ()
        since = self._clock() - KEPT_SECONDS
        recent = [event for at, event in self._events if at > since]
        return snapshot(time.time(), {name: self._rings[name].whole for name in names if name in self._rings}, recent)

    async def turn(self) -> None:
        """Do what a second has to: work out the charts, tell everybody."""
        self._announce()
        self._beat()
        charts = self._wanted()
        if any(watcher.is_watching for watcher in self.watchers):
            said = self._gathering.taken(self._clock())
            if charts:
                at, told = time.time(), await self._desk.ask(worked_out, charts, said)
                self._keep(at, told)
            self._tell()

    def _wanted(self) -> list[Chart]:
        """Return the charts that somebody watches; forget those that nobody did for a while."""
        now = self._clock()
        for name in {name for watcher in self.watchers if watcher.is_watching for name in watcher.charts or ()}:
            self._rings.setdefault(name, Ring()).wanted_at = now
        self._rings = {name: ring for name, ring in self._rings.items() if now - ring.wanted_at <= UNWATCHED_SECONDS}
        known = (chart_of(name) for name, ring in self._rings.items() if ring.wanted_at == now)
        return [chart for chart in known if chart]

    def _keep(self, at: float, told: dict[str, Values]) -> None:
        for name, values in told.items():
            self._rings[name].add(round(at, 3), values)

    def _tell(self) -> None:
        """Give every watcher the second, encoded once for all who watch the same."""
        made: dict[tuple[str, ...], str] = {}
        at, news = time.time(), list(self._news)
        self._news.clear()
        for watcher in self.watchers:
            if watcher.is_watching and watcher.charts is not None:
                names = watcher.charts
                if names not in made:
                    made[names] = delta(
                        at, {name: self._rings[name].latest for name in names if name in self._rings}, news
                    )
                watcher.offer(made[names])
                watcher.sent_at = self._clock()

    def _announce(self) -> None:
        """Tell all processes which metrics are watched, while any is."""
        now = self._clock()
        charts = {name for watcher in self.watchers if watcher.is_watching for name in watcher.charts or ()}
        if charts and now >= self._announce_at:
            self._announce_at = now + ANNOUNCE_SECONDS
            lines = (line for name in charts if (chart := chart_of(name)) for line in chart.lines)
            self._bus.publish(WATCH, {"metrics": sorted({line.metric for line in lines})})

    def _beat(self) -> None:
        """Keep sockets that are told nothing from being cut by a proxy."""
        now = self._clock()
        for watcher in self.watchers:
            if now - watcher.sent_at >= HEARTBEAT_SECONDS:
                watcher.sent_at = now
                watcher.note(HEARTBEAT)


def worked_out(charts: Iterable[Chart], said: Iterable[list[Growth]]) -> dict[str, Values]:
    """Return each chart's figures of one second by their labels; a chart of what nobody measures has none."""
    second = Second(said)
    told: dict[str, Values] = {}
    for chart in charts:
        try:
            told[chart.name] = {line.label: line.values[0] for line in drawn(chart, second)}
        except ValueError as error:
            logger.debug("The chart %s cannot be drawn: %s", chart.name, error)
            told[chart.name] = {}
    return told
