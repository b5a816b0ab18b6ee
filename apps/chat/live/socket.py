"""ws/chat/: one ASGI application for every socket. What it does between two frames is the hub's business.

Not a Channels consumer: that costs a hop into a thread and a task for every frame, and ties the socket to a
channel layer (docs/decisions/0011).
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import nullcontext, suppress
from typing import Any

from django.db import DatabaseError

from apps.chat.live.answers import Answers
from apps.chat.live.audience import CrowdedError
from apps.chat.live.connection import Connection
from apps.chat.live.frames import frame
from apps.chat.live.hub import Hub
from apps.chat.live.limits import (
    CLOSE_SECONDS,
    FAILED,
    REFUSALS_BEFORE_CLOSE,
    SIGNED_OUT,
    TOO_LARGE,
    TOO_MUCH,
    UNAVAILABLE,
    WRONG_ORIGIN,
)
from apps.chat.live.message_span import UNTRACED, message_span
from apps.chat.live.requests import Request, RequestError, requested
from apps.chat.live.session import is_origin_allowed, session_key_of
from apps.chat.policy import live
from apps.chat.statistics import sockets
from apps.resilience.limits.address import source_of

logger = logging.getLogger(__name__)
Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
GONE = (1005, "")


class Socket:
    """Lets in whom the session names, then carries frames both ways until either side ends it."""

    def __init__(self, hub: Hub, answers: Answers) -> None:
        self._hub, self._answers = hub, answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket to its end. A refusal is a close with a code: browsers hide the status of a handshake."""
        await receive()
        with suppress(OSError):  # the client has left, which is all there is to say
            await send({"type": "websocket.accept"})
            connection = await self._entered(scope, send)
            if connection is not None:
                sockets.open += 1
                try:
                    await _Conversation(connection, self._answers, receive, send).last()
                finally:
                    sockets.open -= 1
                    self._hub.leave(connection)
                await say_why(send, connection)

    async def _entered(self, scope: Scope, send: Send) -> Connection | None:
        if not is_origin_allowed(scope):
            await close(send, WRONG_ORIGIN, "This page may not connect.")
            return None
        try:
            connection = await self._hub.enter(
                session_key_of(scope), address=source_of((scope.get("client") or [""])[0])
            )
        except CrowdedError as error:
            await close(send, TOO_MUCH, str(error))
            return None
        except DatabaseError:
            await close(send, UNAVAILABLE, "The database does not answer.")
            return None
        if connection is None:
            await close(send, SIGNED_OUT, "Sign in first.")
        return connection


class _Conversation:
    """The two directions of one socket: frames are answered one after the other, events go out as they come."""

    def __init__(self, connection: Connection, answers: Answers, receive: Receive, send: Send) -> None:
        self._connection, self._answers = connection, answers
        self._receive, self._send = receive, send

    async def last(self) -> None:
        """Return when nothing more is to be sent or heard; `connection.ending` says why."""
        reader = asyncio.get_running_loop().create_task(self._read())
        try:
            await self._write()
        finally:
            reader.cancel()

    async def _write(self) -> None:
        """Send what is queued until the connection ends."""
        connection = self._connection
        try:
            async with asyncio.timeout(None) as leash:
                connection.on_end = lambda: leash.reschedule(
                    0
                )  # also when a send is blocked by a client that reads not
                while not connection.is_ended:
                    await self._send({"type": "websocket.send", "text": await connection.outbox.next()})
        except TimeoutError:
            pass
        finally:
            connection.on_end = lambda: None

    async def _read(self) -> None:
        try:
            while (message := await self._receive())["type"] != "websocket.disconnect":
                await self._take(message)
                if self._connection.is_ended:
                    return
        except Exception:  # a fault of ours ends this socket, is logged, and must not end without a word
            logger.exception("A socket failed")
            self._connection.end(FAILED, "The server failed.")
        self._connection.end(*GONE)

    async def _take(self, message: Message) -> None:
        text = message.get("text")
        if len((text or "").encode()) > live.current.message_bytes:
            self._connection.end(TOO_LARGE, "The frame is too large.")
            return
        try:
            self._admit()
            request = requested(text)
        except RequestError as error:
            self._refuse(error, None)
        else:
            await self._answer(request)

    async def _answer(self, request: Request) -> None:
        """Do what was asked. What asks the database is a trace of its own, linked to the page's; a sign of life not."""
        with nullcontext() if request.kind in UNTRACED else message_span(request):
            try:
                await self._answers.answer(self._connection, request)
            except RequestError as error:
                self._refuse(error, request)

    def _admit(self) -> None:
        """Raise RequestError for a frame too many; who goes on and on is closed."""
        policy, connection = live.current, self._connection
        now = asyncio.get_running_loop().time()
        if connection.bucket.take(now, per_second=policy.messages_per_second, burst=policy.burst):
            connection.refusals = 0
            return
        connection.refusals += 1
        if connection.refusals > REFUSALS_BEFORE_CLOSE:
            connection.end(TOO_MUCH, "Too many frames.")
        raise RequestError("rate", f"More than {policy.messages_per_second:g} frames a second. Send it again later.")

    def _refuse(self, error: RequestError, request: Request | None) -> None:
        fields: dict[str, Any] = {"code": error.code, "detail": error.detail}
        if request is not None:
            fields |= {"for": request.kind, "client_id": request.client_id}
        conversation = request.conversation if request and request.kind != "ping" else None
        self._connection.put(frame("error", conversation=conversation, **fields))


async def say_why(send: Send, connection: Connection) -> None:
    """Close a socket that the client did not; one that does not read has a few seconds to make room for the word."""
    if connection.ending is not None and connection.ending != GONE:
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await close(send, *connection.ending)


async def close(send: Send, code: int, reason: str) -> None:
    """Close the socket with a code and a reason. Waits for a client that does not read."""
    await send({"type": "websocket.close", "code": code, "reason": reason})
