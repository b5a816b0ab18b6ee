"""ws/performance/: one ASGI application for every socket of those who watch.

No Channels consumer, as the chat's is none (docs/decisions/0011).
"""

import asyncio
import logging
from contextlib import suppress

from django.db import DatabaseError

from apps.chat.live.session import is_origin_allowed, session_key_of
from apps.chat.live.socket import Message, Receive, Scope, Send, close
from apps.monitoring.live.aggregator import Aggregator
from apps.monitoring.live.frames import error
from apps.monitoring.live.limits import (
    BLOCKED,
    BLOCKED_SECONDS,
    CLOSE_SECONDS,
    FAILED,
    FORBIDDEN,
    REQUEST_MAX_BYTES,
    REQUESTS_BURST,
    REQUESTS_PER_SECOND,
    TOO_LARGE,
    TOO_MUCH,
    UNAVAILABLE,
    WATCHERS_MAX,
)
from apps.monitoring.live.requests import Request, RequestError, requested
from apps.monitoring.live.staff import Staff
from apps.monitoring.live.statistics import sockets
from apps.monitoring.live.watcher import Watcher

logger = logging.getLogger(__name__)
GONE = (1005, "")
Refusal = tuple[int, str]


class Socket:
    """Lets in whom the session names if that is staff, then sends what they watch until either side ends it."""

    def __init__(self, aggregator: Aggregator, staff: Staff) -> None:
        self._aggregator, self._staff = aggregator, staff

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket to its end. A refusal is a close with a code: browsers hide the status of a handshake."""
        await receive()
        with suppress(OSError):  # the client has left, which is all there is to say
            await send({"type": "websocket.accept"})
            watcher = await self._entered(scope)
            if not isinstance(watcher, Watcher):
                await close(send, *watcher)
                return
            try:
                ending = await self._last(watcher, receive, send)
            finally:
                self._aggregator.watchers.discard(watcher)
                sockets.open = len(self._aggregator.watchers)
            await _say_why(send, ending)

    async def _entered(self, scope: Scope) -> Watcher | Refusal:
        if not is_origin_allowed(scope):
            return FORBIDDEN, "This page may not connect."
        key = session_key_of(scope)
        try:
            identity = await self._staff.admitted(key)
        except DatabaseError:
            return UNAVAILABLE, "The database does not answer."
        if isinstance(identity, tuple):
            return identity
        if len(self._aggregator.watchers) >= WATCHERS_MAX:
            return TOO_MUCH, f"{WATCHERS_MAX} watch already. Try again later."
        now = asyncio.get_running_loop().time()
        make = self._aggregator.snapshot
        watcher = Watcher(session_key=key, user_id=identity.user_id, now=now, snapshot=make)
        self._aggregator.watchers.add(watcher)
        sockets.open = len(self._aggregator.watchers)
        return watcher

    async def _last(self, watcher: Watcher, receive: Receive, send: Send) -> Refusal:
        """Return when the socket has ended, and why."""
        loop = asyncio.get_running_loop()
        tasks = [loop.create_task(work) for work in (self._read(watcher, receive), _write(watcher, send))]
        try:
            return await watcher.ended
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _read(self, watcher: Watcher, receive: Receive) -> None:
        try:
            while (message := await receive())["type"] != "websocket.disconnect":
                self._take(watcher, message)
        except Exception:  # a fault of ours ends this socket, is logged, and must not end without a word
            logger.exception("A socket failed")
            watcher.end(FAILED, "The server failed.")
        watcher.end(*GONE)

    def _take(self, watcher: Watcher, message: Message) -> None:
        text = message.get("text")
        now = asyncio.get_running_loop().time()
        if len((text or "").encode()) > REQUEST_MAX_BYTES:
            watcher.end(TOO_LARGE, "The frame is too large.")
        elif not watcher.bucket.take(now, per_second=REQUESTS_PER_SECOND, burst=REQUESTS_BURST):
            watcher.end(TOO_MUCH, "Too many frames.")
        else:
            try:
                self._do(watcher, requested(text))
            except RequestError as refused:
                watcher.note(error("invalid", str(refused)))

    def _do(self, watcher: Watcher, request: Request) -> None:
        if request.kind == "watch":
            self._aggregator.watch(watcher, request.charts)
        elif request.kind == "pause":
            watcher.pause()
        else:
            watcher.resume()


async def _write(watcher: Watcher, send: Send) -> None:
    try:
        while True:
            text = await watcher.next()
            async with asyncio.timeout(BLOCKED_SECONDS):
                await send({"type": "websocket.send", "text": text})
    except TimeoutError:
        watcher.end(BLOCKED, "Nothing is read. Connect again.")
    except OSError:
        watcher.end(*GONE)
    except Exception:  # a fault of ours ends this socket, is logged, and must not end without a word
        logger.exception("A socket failed")
        watcher.end(FAILED, "The server failed.")


async def _say_why(send: Send, ending: Refusal) -> None:
    """Close a socket that the client did not; one that does not read has a few seconds to make room for the word."""
    if ending != GONE:
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await close(send, *ending)
