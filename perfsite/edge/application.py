"""What the server calls: each kind of scope to the part that serves it."""

import asyncio
import gc
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Protocol

from perfsite.edge import request_id
from perfsite.edge.observer import Observer, Visit
from perfsite.edge.protocol import Application, Receive, Scope, Send
from perfsite.edge.stamp import stamped
from perfsite.whole import AGAIN, EXTENSION, Write, apart


class Service(Protocol):
    """What lives as long as the server."""

    def start(self) -> None:
        """Start; may not block for long."""

    def stop(self) -> None:
        """Stop; may block for a bounded time."""


class Aside(Protocol):
    """Answers a path itself, or leaves it to all else."""

    def near(self, scope: Scope, headers: Mapping[bytes, bytes], write: Write) -> None:
        """Write what is there already, if anything; change no context. Never blocks."""

    async def answered(self, scope: Scope, headers: Mapping[bytes, bytes], send: Send) -> bool:
        """Answer, or return False. May wait."""


class Hit(Protocol):
    """An answer that is there already. It puts the request's id and time on itself: that it takes microseconds."""

    started: float

    def write(self, write: Write, visit: Visit | None) -> None:
        """Write it, and tell the visit."""

    async def send(self, send: Send, visit: Visit | None) -> None:
        """Send it, and tell the visit."""


class ResponsePath(Protocol):
    """Knows answers without Django. `near` never blocks; `sought` may wait for a store."""

    def near(self, scope: Scope, headers: Mapping[bytes, bytes]) -> Hit | None:
        """Return what is in memory."""

    async def sought(self, scope: Scope, headers: Mapping[bytes, bytes]) -> Hit | None:
        """Return what is there at all."""


# The loop needs a turn for every event, and waits so long for it while another thread computes: Python's 5 ms make a
# request beside a busy task three times as slow, and half a millisecond wears a busy processor out with turns.
TURN_SECONDS = 0.001
FAILURE = 500
NOTHING: Mapping[str, Aside] = {}


class Edge:
    """The ASGI application. Where the response path has an answer, Django is not entered.

    Paths that are `aside` are answered before all else, and nobody watches them: machines ask there. A scope with a way
    to write at once (perfsite/whole.py) gets what is in memory, or nothing: then the server comes again without it.
    What is read of a request there holds when the same bytes come again from the same peer.
    """

    def __init__(
        self,
        *,
        bridge: Application,
        sockets: Application,
        services: Sequence[Service] = (),
        response_path: ResponsePath | None = None,
        observer: Observer | None = None,
        aside: Mapping[str, Aside] = NOTHING,
    ) -> None:
        self._bridge, self._sockets, self._services = bridge, sockets, services
        self._response_path, self._observer, self._aside = response_path, observer, aside

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one scope to its end."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        headers = dict(scope["headers"])
        if EXTENSION in scope:
            self._write(scope, headers, scope[EXTENSION])
            return
        request_id.adopt(headers)
        if scope["type"] == "websocket":
            await self._sockets(scope, receive, send)
            return
        aside = self._aside.get(scope["path"])
        if aside is None or not await aside.answered(scope, headers, send):
            await self._serve(scope, receive, send, headers)

    def _write(self, scope: Scope, headers: Mapping[bytes, bytes], write: Write) -> None:
        """Write what is in memory, if anything, and leave word of how to do so again."""
        aside = self._aside.get(scope["path"])
        again = partial(self._look if aside is None else aside.near, scope, headers)
        again(write)
        scope[AGAIN] = again if aside is not None else partial(apart, again)

    def _look(self, scope: Scope, headers: Mapping[bytes, bytes], write: Write) -> None:
        path = self._response_path
        request_id.adopt(headers)
        if path is not None and (hit := path.near(scope, headers)) is not None:
            self._hand_out(hit, scope, write, headers)

    def _hand_out(self, hit: Hit, scope: Scope, write: Write, headers: Mapping[bytes, bytes]) -> None:
        visit = self._begun(scope, headers)
        if visit is not None:
            visit.began = hit.started
        try:
            hit.write(write, visit)
        finally:
            self._end(visit)

    async def _serve(self, scope: Scope, receive: Receive, send: Send, headers: Mapping[bytes, bytes]) -> None:
        visit, path = self._begun(scope, headers), self._response_path
        try:
            hit = None if path is None else await path.sought(scope, headers)
            if hit is not None:
                await hit.send(send, visit)
            else:
                await self._bridge(scope, receive, stamped(send, visit))
        except Exception:
            if visit is not None:
                visit.status = visit.status or FAILURE  # the server's answer to what comes out of here
            raise
        finally:
            self._end(visit)

    def _begun(self, scope: Scope, headers: Mapping[bytes, bytes]) -> Visit | None:
        observer = self._observer
        return None if observer is None else observer.begin(scope, request_id.current.get(), headers)

    def _end(self, visit: Visit | None) -> None:
        if visit is not None and self._observer is not None:
            self._observer.end(visit)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        sys.setswitchinterval(TURN_SECONDS)
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
