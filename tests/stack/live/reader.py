"""A client as a browser is meant to be: follows, resumes after every loss, reads anew when told to."""

import asyncio
import json
import random
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import websockets

from tests.servers.site import Site
from tests.stack.live.people import called

RETRY_SECONDS = 0.3
GONE = (OSError, websockets.WebSocketException, TimeoutError)


def address(site: Site) -> str:
    return f"{site.url.replace('http', 'ws')}/ws/chat/"


def connected(site: Site, cookies: str, **options: Any) -> Any:
    """Return a connection to be entered; the site may be away."""
    return websockets.connect(address(site), additional_headers={"Cookie": cookies}, open_timeout=10, **options)


class Reader:
    """Checks as it reads: numbers only rise, whatever is cut in between. `sites` are tried in turn."""

    def __init__(self, cookies: str, conversation: int, *sites: Site, seed: int = 0) -> None:
        self.cookies, self.conversation, self.sites = cookies, conversation, list(sites)
        self.position = 0
        self.numbers: list[int] = []
        self.messages: dict[int, tuple[int, str, bool]] = {}
        self.connects = self.resets = 0
        self.events: list[dict[str, Any]] = []
        self.closed_with: list[int] = []
        self.is_following = asyncio.Event()
        self._random = random.Random(seed)

    async def run(self) -> None:
        """Follow until cancelled."""
        while True:
            site = self.sites[self.connects % len(self.sites)]
            self.connects += 1
            try:
                async with connected(site, self.cookies) as socket:
                    await self._follow(socket, site)
            except websockets.ConnectionClosed as error:
                self.closed_with.append(error.rcvd.code if error.rcvd else 1006)
            except GONE:
                pass
            self.is_following.clear()
            await asyncio.sleep(self._random.uniform(0, RETRY_SECONDS))

    async def _follow(self, socket: Any, site: Site) -> None:
        asked = {"type": "subscribe", "conversation": self.conversation, "after_sequence": self.position}
        await socket.send(json.dumps(asked))
        async for text in socket:
            event = json.loads(text)
            if event.get("conversation") not in {self.conversation, None}:
                continue
            await self._take(event, site)

    async def _take(self, event: dict[str, Any], site: Site) -> None:
        if event["type"] == "message":
            self._take_message(event)
        elif event["type"] == "reset":
            self.resets += 1
            await asyncio.to_thread(self._reload, site, event["sequence"])
        else:
            self.events.append(event)
            if event["type"] == "ack":
                self.position = max(self.position, event["sequence"])
                self.is_following.set()

    def _take_message(self, event: dict[str, Any]) -> None:
        assert event["sequence"] > self.position, (event["sequence"], self.position)
        self.position = event["sequence"]
        self.numbers.append(self.position)
        self._keep(event["message"])

    def _keep(self, message: dict[str, Any]) -> None:
        self.messages[message["id"]] = (message["sequence"], message["text"], message["deleted"])

    def _reload(self, site: Site, number: int) -> None:
        """Read the whole conversation over HTTP, as a page that is opened would read its end."""
        path = f"/conversations/{self.conversation}/messages?limit=200"
        place = ""
        while place is not None:
            _, page = called(site, self.cookies, "GET", path + place)
            for message in page["messages"]:
                self._keep(message)
            place = f"&before={page['next_before']}" if page["next_before"] else None
        self.position = max(self.position, number)


class Writer:
    """Sends messages over a socket, some at a time, until each is acknowledged; resends what was not."""

    def __init__(self, name: str, cookies: str, conversation: int, *sites: Site, texts: Sequence[str]) -> None:
        self.name, self.cookies, self.conversation, self.sites = name, cookies, conversation, list(sites)
        self.waiting = {f"{name}-{number}": text for number, text in enumerate(texts)}
        self.acknowledged: dict[str, int] = {}
        self.connects = 0

    async def run(self, *, at_once: int = 8) -> None:
        """Return when everything is acknowledged."""
        while self.waiting:
            site = self.sites[self.connects % len(self.sites)]
            self.connects += 1
            with suppress(*GONE):
                async with connected(site, self.cookies) as socket:
                    await self._send(socket, at_once)
            await asyncio.sleep(0.05)

    async def _send(self, socket: Any, at_once: int) -> None:
        unsent = iter(list(self.waiting.items()))
        for _ in range(at_once):
            await self._next(socket, unsent)
        async for text in socket:
            event = json.loads(text)
            assert event["type"] != "error", event
            if event["type"] != "ack":
                continue
            self.acknowledged[event["client_id"]] = event["message"]["id"]
            self.waiting.pop(event["client_id"], None)
            if not self.waiting:
                return
            await self._next(socket, unsent)

    async def _next(self, socket: Any, unsent: Any) -> None:
        for client_id, text in unsent:
            asked = {"type": "message", "conversation": self.conversation, "text": text, "client_id": client_id}
            await socket.send(json.dumps(asked))
            return
