"""The socket's edges, without a server: a browser that does not read, frames that are too many or too large."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from apps.backplane.local import LocalBus
from apps.chat.live.desk import Desk
from apps.chat.live.session import Identity
from apps.monitoring.charts import chart as declared
from apps.monitoring.charts.chart import declare
from apps.monitoring.live import socket as module
from apps.monitoring.live.aggregator import Aggregator
from apps.monitoring.live.limits import REQUEST_MAX_BYTES, REQUESTS_BURST, WATCHERS_MAX
from apps.monitoring.live.socket import Socket
from apps.monitoring.live.staff import Staff
from apps.monitoring.recorders.sockets import SocketRecorder
from tests.monitoring.live.said import chart
from tests.monitoring.recorders.board import Shown

SCOPE = {"type": "websocket", "headers": [], "scheme": "ws"}


class Browser:
    """The other end. `is_reading` says whether a frame ever goes out."""

    def __init__(self, socket: Socket) -> None:
        self._socket = socket
        self._said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.heard: list[dict[str, Any]] = []
        self.is_reading = asyncio.Event()
        self.is_reading.set()
        self.fault: Exception | None = None

    async def run(self) -> tuple[int | None, str]:
        """Return the code and reason of the close, None where there was none."""
        self._said.put_nowait({"type": "websocket.connect"})
        await self._socket(SCOPE, self._said.get, self._send)  # type: ignore[arg-type]
        closes = [message for message in self.heard if message["type"] == "websocket.close"]
        return (closes[0]["code"], closes[0]["reason"]) if closes else (None, "")

    def say(self, **frame: Any) -> None:
        self._said.put_nowait({"type": "websocket.receive", "text": json.dumps(frame)})

    def leave(self) -> None:
        self._said.put_nowait({"type": "websocket.disconnect", "code": 1001})

    def frames(self) -> list[dict[str, Any]]:
        return [json.loads(message["text"]) for message in self.heard if message["type"] == "websocket.send"]

    async def _send(self, message: dict[str, Any]) -> None:
        if message["type"] != "websocket.accept":
            if self.fault:
                raise self.fault
            await self.is_reading.wait()
        self.heard.append(message)


class Admitting(Staff):
    """Lets everybody in: who may is the business of other tests."""

    async def admitted(self, session_key: str) -> Identity:
        return Identity(user_id=1, name=session_key or "staff")


@pytest.fixture
def aggregator(monkeypatch: pytest.MonkeyPatch) -> Aggregator:
    monkeypatch.setattr(declared, "_charts", {})
    declare(chart("one"))
    return Aggregator(LocalBus(), desk=Desk("test", threads=1))


@asynccontextmanager
async def opened(aggregator: Aggregator) -> AsyncIterator[tuple[Browser, "asyncio.Task[Any]"]]:
    staff = Admitting(Desk("test", threads=1), lambda: tuple(aggregator.watchers))
    browser = Browser(Socket(aggregator, staff))
    async with asyncio.timeout(10):
        task = asyncio.get_running_loop().create_task(browser.run())
        await until(lambda: aggregator.watchers or task.done())
        yield browser, task
        await task


async def until(condition: Callable[[], object]) -> None:
    while True:
        if condition():
            return
        await asyncio.sleep(0)


async def test_a_browser_that_never_reads_is_closed_and_holds_one_frame(
    aggregator: Aggregator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BLOCKED_SECONDS", 0.05)
    monkeypatch.setattr(module, "CLOSE_SECONDS", 0.05)
    async with opened(aggregator) as (browser, task):
        browser.is_reading.clear()
        browser.say(type="watch", charts=["one"])
        (watcher,) = aggregator.watchers
        await until(lambda: watcher.charts)
        for _ in range(20):
            watcher.offer("{}")
        ending = await watcher.ended
        assert ending == (4408, "Nothing is read. Connect again.")
        assert await task == (None, "")
    assert not aggregator.watchers


async def test_sockets_of_those_who_watch_are_counted_as_others_are(aggregator: Aggregator) -> None:
    def counted() -> float:
        return Shown(SocketRecorder())("websocket_connections", "performance")

    async with opened(aggregator) as (browser, _):
        assert counted() == 1
        browser.leave()
    assert counted() == 0


async def test_it_watches_pauses_resumes_and_is_told_what_it_may_not_say(aggregator: Aggregator) -> None:
    async with opened(aggregator) as (browser, _):
        (watcher,) = aggregator.watchers
        browser.say(type="resume")
        browser.say(type="watch", charts=["one"])
        await until(browser.frames)
        browser.say(type="pause")
        await until(lambda: watcher.is_paused)
        browser.say(type="resume")
        browser.say(type="dance")
        await until(lambda: len(browser.frames()) == 3)
        browser.leave()
    kinds = sorted(frame["type"] for frame in browser.frames())
    assert kinds == ["error", "snapshot", "snapshot"]


@pytest.mark.parametrize(
    ("text", "times", "code"), [("x" * (REQUEST_MAX_BYTES + 1), 1, 1009), ("{}", REQUESTS_BURST + 1, 4429)]
)
async def test_frames_too_large_or_too_many_end_it(aggregator: Aggregator, text: str, times: int, code: int) -> None:
    async with opened(aggregator) as (browser, task):
        for _ in range(times):
            browser._said.put_nowait({"type": "websocket.receive", "text": text})
        found, _ = await task
    assert found == code


async def test_one_watcher_too_many_is_turned_away(aggregator: Aggregator) -> None:
    aggregator.watchers = set(range(WATCHERS_MAX))  # type: ignore[arg-type]
    async with opened(aggregator) as (_, task):
        code, reason = await task
    assert (code, reason) == (4429, f"{WATCHERS_MAX} watch already. Try again later.")


@pytest.mark.parametrize(("fault", "code"), [(OSError("gone"), 1005), (RuntimeError("ours"), 1011)])
async def test_a_send_that_fails_ends_the_socket(
    aggregator: Aggregator, fault: Exception, code: int, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(aggregator) as (browser, task):
        browser.fault = fault
        browser.say(type="watch", charts=["one"])
        (watcher,) = aggregator.watchers
        assert (await watcher.ended)[0] == code
        browser.fault = None
        await task
    assert ("A socket failed" in caplog.text) is (code == 1011)
    assert not aggregator.watchers


async def test_a_fault_while_reading_ends_the_socket_with_a_word(
    aggregator: Aggregator, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(aggregator) as (browser, task):
        browser._said.put_nowait({})
        code, reason = await task
    assert (code, reason) == (1011, "The server failed.")
    assert "A socket failed" in caplog.text
