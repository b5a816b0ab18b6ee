"""A conversation with an assistant, two people in it, and what they hear of a reply."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from typing import Any

import psycopg

from tests.servers.site import Site
from tests.stack.live.ear import Ear, listening
from tests.stack.live.people import People, called, people

MOST_ROOMS = 30


class Listener(Ear):
    """Puts a reply together from its parts, by the rule of docs/sockets.md."""

    def words(self, reply: int) -> str:
        """Return what was heard of a reply; nothing may be missing, and nothing come twice."""
        text = ""
        for token in self.of("token", reply=reply):
            start = token["cursor"] - units(token["text"])
            assert start == units(text), "a part is missing or was repeated"
            text += token["text"]
        return text

    async def hears(self, text: str, reply: int) -> None:
        """Wait until that much of a reply was heard."""
        async with asyncio.timeout(15), self._came:
            await self._came.wait_for(lambda: self.words(reply).startswith(text))
        assert self.words(reply) == text


class Room:
    """The two people of a conversation; `ann` is its owner."""

    ann, bob = "ann", "bob"

    def __init__(self, pair: tuple[Site, Site], crowd: People, where: int) -> None:
        self.sites = dict(zip((self.ann, self.bob), pair, strict=True))
        self.crowd, self.where = crowd, where
        status, answer = self.call(self.ann, "PATCH", "", {"has_assistant": True})
        assert (status, answer["has_assistant"]) == (200, True)

    def call(self, who: str, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Call the API below the conversation. Blocks."""
        return called(self.sites[who], self.crowd.cookies(who), method, f"/conversations/{self.where}{path}", body)

    async def asks(self, who: str, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Call the API beside the event loop."""
        return await asyncio.to_thread(self.call, who, method, path, body)

    async def says(self, who: str, text: str) -> int:
        """Send a message; return the id of the reply that begins."""
        status, answer = await self.asks(who, "POST", "/messages", {"text": text})
        assert status == 201, answer
        status, reply = await self.asks(who, "GET", "/reply")
        assert status == 200, reply
        return int(reply["id"])

    def listens(self, who: str) -> AbstractAsyncContextManager[Listener]:
        """Return a socket of somebody that follows the conversation."""
        return listening(self.sites[who], self.crowd.cookies(who), self.where, kind=Listener)  # type: ignore[return-value]

    def messages(self) -> list[tuple[str, str, str | None]]:
        """Return role, text and completion of all messages."""
        status, page = self.call(self.ann, "GET", "/messages")
        assert status == 200
        return [(message["role"], message["text"], message["completion"]) for message in page["messages"]]


def rooms(pair: tuple[Site, Site]) -> Iterator[Room]:
    """Yield one conversation after the other, all between the same two people."""
    crowd = people(pair[0], Room.ann, Room.bob, conversations=MOST_ROOMS)
    return (Room(pair, crowd, where) for where in crowd.conversations)


def pass_the_lease(site: Site) -> None:
    """Have every writer been silent for the lease: what is waited for here is only that somebody notices."""
    url = site.env.get("DATABASE_URL")
    with psycopg.connect(url) if url else sqlite3.connect(site.data_dir / "perfsite.sqlite3", timeout=20) as database:
        ago = (
            "heartbeat_at - interval '1 minute'" if url else "strftime('%Y-%m-%d %H:%M:%f', heartbeat_at, '-1 minute')"
        )
        database.execute(f"UPDATE chat_reply SET heartbeat_at = {ago} WHERE state = 'writing'")
    database.close()


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
