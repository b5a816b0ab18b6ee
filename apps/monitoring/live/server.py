"""The live socket as a part of the server: begins and ends with it."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

import apps.monitoring.pages.content  # noqa: F401  (declares the charts that may be watched)
from apps.backplane.bus import Loss, Unsubscribe
from apps.backplane.current import bus, on_loop
from apps.backplane.envelope import Envelope
from apps.chat.live.desk import Desk
from apps.chat.live.publication import ACCESS
from apps.chat.live.rooms import Tasks
from apps.chat.live.socket import Receive, Scope, Send, close
from apps.monitoring.live.aggregator import Aggregator
from apps.monitoring.live.announcing import EVENTS
from apps.monitoring.live.growth import GROWTH
from apps.monitoring.live.limits import CHECK_SECONDS, TURN_SECONDS, UNAVAILABLE
from apps.monitoring.live.socket import Socket
from apps.monitoring.live.staff import Staff

logger = logging.getLogger(__name__)


class Watching:
    """An ASGI application for sockets and a service of the server. Before its start, sockets are told to come back."""

    def __init__(self) -> None:
        self._socket: Socket | None = None
        self._desks: tuple[Desk, ...] = ()
        self._tasks = Tasks()
        self._unsubscribe: list[Unsubscribe] = []
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket."""
        if self._socket is None:
            await receive()
            await close(send, UNAVAILABLE, "The server has not started.")
            return
        await self._socket(scope, receive, send)

    def start(self) -> None:
        """Begin, in the server's event loop; does not block."""
        loop = self._loop = asyncio.get_running_loop()
        drawing, asking = self._desks = (Desk("watching", threads=1), Desk("watching-staff", threads=1))
        aggregator = Aggregator(bus(), desk=drawing)
        staff = Staff(asking, lambda: tuple(aggregator.watchers))
        self._socket = Socket(aggregator, staff)

        def rights_changed(envelope: Envelope) -> None:
            if staff.hear(envelope):
                self._tasks.begin(staff.check(is_urgent=True))

        def lost(_: Loss) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(lambda: self._tasks.begin(staff.check()))

        heard = {GROWTH: aggregator.hear_growth, EVENTS: aggregator.hear_event, ACCESS: rights_changed}
        for topic, deliver in heard.items():
            told = lost if topic == ACCESS else _nothing  # a loss is announced to every topic
            self._unsubscribe.append(bus().subscribe(topic, on_loop(loop, deliver), told))
        self._tasks.begin(_again(TURN_SECONDS, aggregator.turn))
        self._tasks.begin(_again(CHECK_SECONDS, staff.check))

    def stop(self) -> None:
        """End; called in a thread when the sockets are closed. Does not block."""
        self._socket = None
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        self._unsubscribe.clear()
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._tasks.cancel)
        for desk in self._desks:
            desk.stop()


async def _again(seconds: float, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Do the work every so many seconds."""
    loop = asyncio.get_running_loop()
    due = loop.time()
    while True:
        due = max(due + seconds, loop.time())
        await asyncio.sleep(due - loop.time())
        try:
            await work()
        except Exception:  # what failed costs its turn, and the next one may be better; it is logged with its trace
            logger.exception("A turn of those who watch failed")


def _nothing(_: Loss) -> None:
    """Do nothing: the next second makes up for it."""
