"""How many sockets one account and one address may have at once."""

import asyncio
from collections.abc import Iterator, MutableMapping
from typing import Any

import pytest

from apps.chat.live.answers import Answers
from apps.chat.live.audience import CrowdedError
from apps.chat.live.limits import TOO_MUCH
from apps.chat.live.socket import Socket
from apps.chat.policy import live
from tests.chat.live.test_hub import Stage
from tests.tuning.obeying import obeying


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture
def answers(stage: Stage) -> Iterator[Answers]:
    made = Answers(stage.hub)
    yield made
    made.stop()


async def test_an_account_may_have_so_many_sockets_and_room_comes_back(stage: Stage) -> None:
    with obeying(live, sockets_per_account=2):
        first = await stage.hub.enter("key", address="192.0.2.1")
        assert await stage.hub.enter("key", address="192.0.2.2")
        with pytest.raises(CrowdedError, match="of your account"):
            await stage.hub.enter("key", address="192.0.2.3")
        assert first is not None
        stage.hub.leave(first)
        assert await stage.hub.enter("key", address="192.0.2.3")


async def test_an_address_may_have_so_many_sockets_and_costs_no_query_above(stage: Stage) -> None:
    with obeying(live, sockets_per_address=1):
        first = await stage.hub.enter("key", address="192.0.2.1")
        asked = len(stage.database.asked)
        with pytest.raises(CrowdedError, match="from your network"):
            await stage.hub.enter("key", address="192.0.2.1")
        assert len(stage.database.asked) == asked
        assert await stage.hub.enter("key", address="192.0.2.2")
        assert first is not None
        stage.hub.leave(first)
        stage.hub.leave(first)
        assert await stage.hub.enter("key", address="192.0.2.1")


async def test_sockets_that_open_at_the_same_time_are_no_way_around_it(stage: Stage) -> None:
    with obeying(live, sockets_per_address=3):
        found = await asyncio.gather(
            *(stage.hub.enter("key", address="192.0.2.1") for _ in range(10)), return_exceptions=True
        )
    assert sum(isinstance(one, CrowdedError) for one in found) == 7


async def test_a_socket_too_many_hears_why(stage: Stage, answers: Answers) -> None:
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    scope = {"type": "websocket", "client": ("2001:db8::7", 1), "headers": [(b"cookie", b"sessionid=key")]}
    with obeying(live, sockets_per_address=1):
        await stage.hub.enter("key", address="2001:db8::/64")
        await Socket(stage.hub, answers)(scope, receive, send)
    assert sent[-1]["code"] == TOO_MUCH
    assert sent[-1]["reason"] == "Too many connections from your network. Try again in a minute."
