"""One socket and all it heard: send, wait for what should come, see what did not."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self

import websockets

from tests.servers.site import Site
from tests.stack.live.reader import connected

SECONDS = 15.0


class Ear:
    """Keeps every event; `until` looks at those that came already, too."""

    def __init__(self, socket: Any) -> None:
        self.socket = socket
        self.events: list[dict[str, Any]] = []
        self.code: int | None = None
        self.reason = ""
        self._came = asyncio.Condition()

    async def listen(self) -> None:
        """Collect until the socket closes."""
        try:
            async for text in self.socket:
                await self._note(json.loads(text))
        except websockets.ConnectionClosed:
            pass
        self.code, self.reason = self.socket.close_code, self.socket.close_reason
        await self._note(None)

    async def say(self, kind: str, **fields: Any) -> Self:
        """Send a frame."""
        await self.socket.send(json.dumps({"type": kind, **fields}))
        return self

    async def follow(self, conversation: int, **fields: Any) -> Self:
        """Subscribe, and return when the server says that nothing is missing."""
        await self.say("subscribe", conversation=conversation, **fields)
        await self.until("ack", conversation=conversation, **{"for": "subscribe"})
        return self

    async def until(self, kind: str, *, seconds: float = SECONDS, **fields: Any) -> dict[str, Any]:
        """Return the first event of a type with these fields; dots reach into it. Raises TimeoutError."""
        return await self._first(lambda event: event["type"] == kind and matches(event, fields), seconds)

    async def closed(self, *, seconds: float = SECONDS) -> int:
        """Return the code with which the server closed the socket."""
        async with asyncio.timeout(seconds), self._came:
            await self._came.wait_for(lambda: self.code is not None)
        assert self.code is not None
        return self.code

    async def settle(self) -> None:
        """Return when everything that was on its way to this socket is here."""
        before = len(self.of("ack"))
        await self.say("ping")
        async with asyncio.timeout(SECONDS), self._came:
            await self._came.wait_for(lambda: len(self.of("ack")) > before)

    def of(self, kind: str, **fields: Any) -> list[dict[str, Any]]:
        """Return the events of a type with these fields."""
        return [event for event in self.events if event["type"] == kind and matches(event, fields)]

    async def _first(self, is_wanted: Any, seconds: float) -> dict[str, Any]:
        found: list[dict[str, Any]] = []
        async with asyncio.timeout(seconds), self._came:
            await self._came.wait_for(lambda: found.extend(filter(is_wanted, self.events)) or found)
        return found[0]

    async def _note(self, event: dict[str, Any] | None) -> None:
        async with self._came:
            if event is not None:
                self.events.append(event)
            self._came.notify_all()


def matches(event: dict[str, Any], fields: dict[str, Any]) -> bool:
    return all(reached(event, name.split("__")) == value for name, value in fields.items())


def reached(event: Any, names: list[str]) -> Any:
    for name in names:
        event = event.get(name) if isinstance(event, dict) else None
    return event


@asynccontextmanager
async def listening(
    site: Site, cookies: str, *follow: int, kind: type[Ear] = Ear, **options: Any
) -> AsyncIterator[Ear]:
    """Yield an ear that follows the conversations."""
    async with connected(site, cookies, **options) as socket:
        ear = kind(socket)
        task = asyncio.create_task(ear.listen())
        try:
            for conversation in follow:
                await ear.follow(conversation)
            yield ear
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
