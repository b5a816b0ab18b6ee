"""What the server calls: each kind of scope to the part that serves it."""

import asyncio
import gc
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from perfsite.edge import request_id
from perfsite.edge.protocol import Application, Receive, Scope, Send
from perfsite.edge.stamp import stamped

ResponsePath = Callable[[Scope, Receive, Send], Awaitable[bool]]


class Service(Protocol):
    """What lives as long as the server."""

    def start(self) -> None:
        """Start; may not block for long."""

    def stop(self) -> None:
        """Stop; may block for a bounded time."""


class Edge:
    """The ASGI application. A response path that answers True has answered, and Django is not entered.

    It puts the request's id and time on its answers itself: what takes microseconds is not wrapped once more.
    """

    def __init__(
        self,
        *,
        bridge: Application,
        sockets: Application,
        services: Sequence[Service] = (),
        response_path: ResponsePath | None = None,
    ) -> None:
        self._bridge, self._sockets, self._services = bridge, sockets, services
        self._response_path = response_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one scope to its end."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        request_id.adopt(scope)
        if scope["type"] == "websocket":
            await self._sockets(scope, receive, send)
            return
        if self._response_path is None or not await self._response_path(scope, receive, send):
            await self._bridge(scope, receive, stamped(send))

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        for service in self._services:
            service.start()
        gc.collect()
        gc.freeze()  # what is loaded now stays: looking through it again and again held requests up for 40 ms
        await send({"type": "lifespan.startup.complete"})
        await receive()
        for service in reversed(self._services):
            await asyncio.to_thread(service.stop)
        await send({"type": "lifespan.shutdown.complete"})


async def refuse_socket(_scope: Scope, receive: Receive, send: Send) -> None:
    """Close a socket that nobody serves, before it opens: the client sees 403."""
    await receive()
    await send({"type": "websocket.close"})
