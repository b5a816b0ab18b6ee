"""The live socket as a part of the server."""

import asyncio
from typing import Any

import pytest

from apps.backplane.bus import Loss
from apps.backplane.current import bus, stop_bus
from apps.chat.live.publication import ACCESS
from apps.monitoring.live import server as module
from apps.monitoring.live.limits import UNAVAILABLE
from apps.monitoring.live.server import Watching
from apps.monitoring.live.staff import Staff


async def test_before_the_start_and_after_the_end_sockets_are_told_to_come_back() -> None:
    watching = Watching()
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await watching({}, receive, send)
    watching.start()
    watching.stop()
    watching.stop()
    await watching({}, receive, send)
    assert [message["code"] for message in sent] == [UNAVAILABLE, UNAVAILABLE]


async def test_rights_are_looked_at_when_they_change_and_when_the_bus_lost_something(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    checks: list[bool] = []
    checked = asyncio.Event()

    async def check(_: Staff, *, is_urgent: bool = False) -> None:
        checks.append(is_urgent)
        checked.set()

    monkeypatch.setattr(Staff, "check", check)
    monkeypatch.setattr(Staff, "hear", lambda _, envelope: envelope.payload.get("user") == 1)
    watching = Watching()
    watching.start()
    async with asyncio.timeout(10):
        bus().publish(ACCESS, {"user": 1})
        await checked.wait()
        checked.clear()
        bus()._dispatch.put(Loss(reason="a test"))  # type: ignore[attr-defined]
        await checked.wait()
    watching.stop()
    stop_bus()
    assert checks == [True, False]


async def test_a_turn_that_fails_is_logged_and_followed_by_the_next(caplog: pytest.LogCaptureFixture) -> None:
    turns: list[int] = []
    enough = asyncio.Event()

    async def turn() -> None:
        turns.append(1)
        if len(turns) == 1:
            raise RuntimeError("once")
        enough.set()

    task = asyncio.get_running_loop().create_task(module._again(0.001, turn))
    async with asyncio.timeout(10):
        await enough.wait()
    task.cancel()
    assert len(turns) >= 2
    assert caplog.text.count("A turn of those who watch failed") == 1
