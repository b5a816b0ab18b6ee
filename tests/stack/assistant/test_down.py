"""An endpoint that hangs under many who chat: the breaker opens, all are told, and each is answered once."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass

import psutil
import pytest

from tests.servers.assistant import Assistant, running_assistant
from tests.servers.deadline import eventually
from tests.servers.postgres import Postgres
from tests.servers.redis import Redis
from tests.servers.site import Site, running_site
from tests.soak import length
from tests.stack.assistant.room import Room
from tests.stack.live.people import people

ROOMS = length(200, short=20)
SAMPLES = length(300, short=30)
MOST_GROWTH = 24 * 1024 * 1024  # of both processes together, while it is down
ATTEMPT_SECONDS, RECOVERY_SECONDS = 1.0, length(4, short=2)
IMPATIENT = f"""
from apps.tuning.actor import SYSTEM
from apps.tuning.services.changes import change_policy
knobs = {{"attempt_seconds": {ATTEMPT_SECONDS}, "recovery_seconds": {RECOVERY_SECONDS}}}
knobs |= {{"recovery_growth": 1.0, "recovery_jitter_percent": 0}}
change_policy(name="assistant_pipeline", changes=knobs, actor=SYSTEM, reason="tests wait for less")
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """Two processes with an endpoint, and a room for each socket."""

    assistant: Assistant
    rooms: list[Room]
    sites: tuple[Site, Site]

    def bytes(self) -> int:
        """Return the memory of both processes."""
        return sum(psutil.Process(site.process.pid).memory_info().rss for site in self.sites)


@pytest.fixture
def chat(postgres: Postgres, redis_server: Redis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chat]:
    """Both processes, whose breaker recovers within seconds."""
    with ExitStack() as stack:
        assistant = stack.enter_context(running_assistant(tmp_path_factory.mktemp("assistant")))
        shared = {
            "DATABASE_URL": stack.enter_context(postgres.database()),
            "REDIS_URL": redis_server.url(),
            "SECRET_KEY": "k" * 50,
            "ASSISTANT_BASE_URL": assistant.url,
        }
        one = stack.enter_context(running_site(tmp_path_factory.mktemp("one"), **shared))
        two = stack.enter_context(running_site(tmp_path_factory.mktemp("two"), migrate=False, **shared))
        crowd = people(one, Room.ann, Room.bob, conversations=ROOMS, also=IMPATIENT)
        sites = (one, two)
        yield Chat(assistant=assistant, rooms=[Room(sites, crowd, at) for at in crowd.conversations], sites=sites)


@pytest.mark.soak
async def test_hanging_endpoint_is_cut_off_told_and_answers_each_question_once_when_it_is_back(chat: Chat) -> None:
    await asyncio.to_thread(chat.assistant.upset, hang_rate=1.0)
    async with AsyncExitStack() as stack:
        ears = [await stack.enter_async_context(room.listens(who(at))) for at, room in enumerate(chat.rooms)]
        await asyncio.gather(*(said(room, who(at), f"Question {at}") for at, room in enumerate(chat.rooms)))
        began = time.monotonic()
        told = await asyncio.gather(*(ear.until("reply", reply__error__can_retry=True, seconds=20) for ear in ears))
        assert time.monotonic() - began < ATTEMPT_SECONDS + 5
        early = [at for at, event in enumerate(told) if event["reply"]["state"] == "ended"]  # before it opened
        await asyncio.gather(*(asked(chat.rooms[at]) for at in early))
        hung = (await asyncio.to_thread(chat.assistant.stats))["requests"]

        before = chat.bytes()
        assert await asked(chat.rooms[0]) < 1.0
        history = sorted([await history_seconds(chat.rooms[at % ROOMS]) for at in range(SAMPLES)])
        assert history[int(len(history) * 0.99) - 1] < length(100, short=1000) / 1000

        await asyncio.to_thread(eventually, lambda: chat.assistant.stats()["requests"] > hung)
        await asyncio.gather(*(asked(room) for room in chat.rooms))
        probes = (await asyncio.to_thread(chat.assistant.stats))["requests"] - hung
        assert 1 <= probes <= (time.monotonic() - began) / RECOVERY_SECONDS
        assert chat.bytes() - before < MOST_GROWTH
        await asyncio.to_thread(chat.assistant.upset, hang_rate=0.0)
        for ear in ears:
            await ear.until("message", message__role="assistant", seconds=60)
    answered = [[line[0] for line in room.messages()] for room in chat.rooms]
    assert answered == [["user", "assistant"]] * ROOMS
    stats = await asyncio.to_thread(chat.assistant.stats)
    assert stats["fine"] == ROOMS


def who(at: int) -> str:
    return Room.ann if at % 2 else Room.bob


async def said(room: Room, name: str, text: str) -> None:
    status, answer = await room.asks(name, "POST", "/messages", {"text": text})
    assert status == 201, answer


async def asked(room: Room) -> float:
    """Ask again while it is down; return how long it took until that was told."""
    began = time.monotonic()
    status, _ = await room.asks(room.bob, "POST", "/reply")
    assert status == 202
    await asyncio.to_thread(eventually, lambda: room.call(room.bob, "GET", "/reply")[1]["state"] == "waiting")
    return time.monotonic() - began


async def history_seconds(room: Room) -> float:
    began = time.monotonic()
    status, _ = await room.asks(room.ann, "GET", "/messages")
    assert status == 200
    return time.monotonic() - began
