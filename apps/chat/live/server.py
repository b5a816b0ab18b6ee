"""The live side as a part of the server: begins and ends with it."""

import asyncio
import time
from collections.abc import Callable

from apps.backplane.bus import Loss, Lost, Unsubscribe
from apps.backplane.current import bus, on_loop, stop_bus
from apps.chat.live.answers import Answers
from apps.chat.live.desk import Desk
from apps.chat.live.hub import Hub, LiveStatus
from apps.chat.live.limits import DATABASE_THREADS, TICK_SECONDS, UNAVAILABLE
from apps.chat.live.publication import EVENTS
from apps.chat.live.socket import Receive, Scope, Send, Socket, close


class Live:
    """An ASGI application for sockets and a service of the server. Before its start, sockets are told to come back."""

    def __init__(self) -> None:
        self._hub: Hub | None = None
        self._answers: Answers | None = None
        self._unsubscribe: list[Unsubscribe] = []
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket."""
        if self._hub is None or self._answers is None:
            await receive()
            await close(send, UNAVAILABLE, "The server has not started.")
            return
        await Socket(self._hub, self._answers)(scope, receive, send)

    def status(self) -> LiveStatus | None:
        """Return what is held now, None before the start."""
        return self._hub.status() if self._hub else None

    def start(self) -> None:
        """Begin, in the server's event loop; does not block."""
        loop = self._loop = asyncio.get_running_loop()
        hub = Hub(bus(), desk=Desk("live-read", threads=DATABASE_THREADS), clock=time.monotonic)
        self._hub, self._answers = hub, Answers(hub)
        for topic, deliver in hub.hearing.topics.items():
            lost = hub.lost if topic == EVENTS else nothing  # a loss is announced to every topic
            self._unsubscribe.append(bus().subscribe(topic, on_loop(loop, deliver), soon(loop, lost)))
        self._tick(hub)

    def stop(self) -> None:
        """End; called in a thread when the sockets are closed. Blocks for two seconds at most."""
        hub, answers, loop = self._hub, self._answers, self._loop
        self._hub = self._answers = None
        if hub is None or answers is None or loop is None:
            return
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        self._unsubscribe.clear()
        loop.call_soon_threadsafe(hub.tasks.cancel)
        hub.company.say_goodbye()
        hub.reading.stop()
        answers.stop()
        stop_bus()

    def _tick(self, hub: Hub) -> None:
        """Have the hub do what is due, again and again until it is no longer ours."""
        if hub is self._hub:
            asyncio.get_running_loop().call_later(TICK_SECONDS, self._tick, hub)
            hub.tick()


def soon(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> Lost:
    """Return a receiver of losses that has the call made in the event loop."""

    def heard(_: Loss) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(call)

    return heard


def nothing() -> None:
    """Do nothing."""
