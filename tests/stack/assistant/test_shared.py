"""The same question in two conversations at the same time: the endpoint is asked once, whichever process has it."""

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.servers.upstream import Upstream
from tests.stack.assistant.room import Room

if TYPE_CHECKING:
    from collections.abc import Iterator

ANSWER = [("user", "Which tea?", None), ("assistant", "Green or black.", "complete")]


@pytest.fixture(params=["full", "embedded"])
def two(request: pytest.FixtureRequest) -> tuple[Room, Room]:
    """Two conversations with an assistant, on two processes and on one."""
    found: Iterator[Room] = request.getfixturevalue(f"{request.param}_rooms")
    return next(found), next(found)


async def test_two_conversations_share_one_call_and_what_is_wanted_anew_does_not(
    two: tuple[Room, Room], upstream: Upstream
) -> None:
    one, other = two
    async with one.listens(one.ann) as first, other.listens(other.bob) as second:
        mine = await one.says(one.ann, "Which tea?")
        call = await asyncio.to_thread(upstream.call)
        await asyncio.to_thread(call.say, "Green ")
        await first.hears("Green ", mine)
        yours = await other.says(other.bob, "Which tea?")
        await second.hears("Green ", yours)  # who comes later has it from its beginning
        assert upstream.is_idle
        await asyncio.to_thread(call.say, "or black.")
        await asyncio.to_thread(call.finish)
        for ear in (first, second):
            await ear.until("message", message__role="assistant")
        assert upstream.is_idle
        for room, who in ((one, one.ann), (other, other.bob)):
            status, _ = await room.asks(who, "POST", "/reply", {"regenerate": True})
            assert status == 202
        for again in [await asyncio.to_thread(upstream.call) for _ in two]:
            await asyncio.to_thread(again.say, "Green or black.")
            await asyncio.to_thread(again.finish)
        for ear in (first, second):
            await ear.until("reply", reply__state="ended", reply__replaces=ear.of("message")[-1]["message"]["id"])
    assert (one.messages(), other.messages()) == (ANSWER, ANSWER)
