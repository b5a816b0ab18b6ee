"""ws/performance/ on real servers: who may watch, and what they see of two processes."""

import asyncio
import http.client
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
import websockets

from apps.monitoring.live.limits import FORBIDDEN, SIGNED_OUT
from tests.servers.site import Site
from tests.stack.live.people import People, people, shell

pytestmark = pytest.mark.measured
STAFF = ("boss", "demoted", "leaver")
MAKE_STAFF = f"User.objects.filter(username__in={STAFF}).update(is_staff=True)"
RIGHTS_CHANGE = """
from django.test import Client
from apps.chat.models import User
user = User.objects.get(username="demoted")
user.is_staff = False
user.save()
client = Client(HTTP_HOST="127.0.0.1")
client.cookies["sessionid"] = "KEY"
assert client.post("/accounts/logout/").status_code == 302
print("done", 1)
"""
ANNOUNCED = """
from apps.monitoring.live.announcing import announce
print("done", int(announce({"kind": "test", "title": "It happened"})) + int(announce({"title": "x" * 5000})))
"""


def opened(site: Site, cookies: str = "", **options: Any) -> Any:
    headers = {"Cookie": cookies} if cookies else {}
    url = f"{site.url.replace('http', 'ws')}/ws/performance/"
    return websockets.connect(url, additional_headers=headers, open_timeout=10, **options)


async def closed(socket: Any) -> int:
    """Return the code that the server closes with."""
    async with asyncio.timeout(15):
        with suppress(websockets.ConnectionClosed):
            async for _ in socket:
                pass  # what came before the end
    return int(socket.close_code)


async def frame(socket: Any, is_wanted: Callable[[dict[str, Any]], object], seconds: float = 15) -> dict[str, Any]:
    """Return the first frame that is wanted."""
    async with asyncio.timeout(seconds):
        while True:
            heard: dict[str, Any] = json.loads(await socket.recv())
            if is_wanted(heard):
                return heard


async def watch(socket: Any, *charts: str) -> None:
    await socket.send(json.dumps({"type": "watch", "charts": list(charts)}))


@pytest.fixture(scope="module")
def crowd(watched_site: Site) -> People:
    """Staff, and somebody who is not."""
    return people(watched_site, "plain", *STAFF, also=MAKE_STAFF)


async def test_only_staff_on_our_own_pages_may_watch(watched_site: Site, crowd: People) -> None:
    async with opened(watched_site) as nobody, opened(watched_site, "sessionid=made-up") as forged:
        assert [await closed(nobody), await closed(forged)] == [SIGNED_OUT, SIGNED_OUT]
    async with opened(watched_site, crowd.cookies("plain")) as plain:
        assert await closed(plain) == FORBIDDEN
    async with opened(watched_site, crowd.cookies("boss"), origin="https://evil.example") as lured:
        assert await closed(lured) == FORBIDDEN
    async with opened(watched_site, crowd.cookies("boss")) as boss:
        await watch(boss, "traffic")
        assert (await frame(boss, bool))["type"] == "snapshot"


async def test_the_charts_move_with_what_both_processes_do(watched_site: Site, crowd: People) -> None:
    done = asyncio.Event()
    async with opened(watched_site, crowd.cookies("boss")) as socket:
        await watch(socket, "traffic")
        await frame(socket, lambda heard: heard["type"] == "snapshot")
        load = asyncio.create_task(asyncio.to_thread(requests, watched_site, done))
        began = asyncio.get_running_loop().time()
        moved = await frame(socket, lambda heard: heard["type"] == "delta" and sum(heard["charts"]["traffic"].values()))
        seconds = asyncio.get_running_loop().time() - began
        rates = [
            sum((await frame(socket, lambda heard: heard["type"] == "delta"))["charts"]["traffic"].values())
            for _ in range(3)
        ]
        done.set()
        await load
    assert moved["charts"].keys() == {"traffic"}
    assert seconds < 8  # two where the machine has nothing else to do
    assert max(rates) > 5


async def test_whoever_is_no_longer_staff_or_signed_in_watches_no_more(watched_site: Site, crowd: People) -> None:
    async with (
        opened(watched_site, crowd.cookies("demoted")) as demoted,
        opened(watched_site, crowd.cookies("leaver")) as leaver,
        opened(watched_site, crowd.cookies("boss")) as boss,
    ):
        for socket in (demoted, leaver, boss):
            await watch(socket, "traffic")
        code = RIGHTS_CHANGE.replace("KEY", crowd.sessions["leaver"])
        await asyncio.to_thread(shell, watched_site, code, "done")
        assert [await closed(demoted), await closed(leaver)] == [FORBIDDEN, SIGNED_OUT]
        assert (await frame(boss, lambda heard: heard["type"] == "delta"))["events"] == []


async def test_an_event_announced_anywhere_is_shown_with_the_next_second(watched_site: Site, crowd: People) -> None:
    async with opened(watched_site, crowd.cookies("boss")) as socket:
        await watch(socket, "traffic")
        await frame(socket, lambda heard: heard["type"] == "snapshot")
        shown = await asyncio.to_thread(shell, watched_site, ANNOUNCED, "done")
        told = await frame(socket, lambda heard: any(event.get("kind") == "test" for event in heard["events"]))
    assert shown == 1
    assert {"kind": "test", "title": "It happened"} in told["events"]


def requests(site: Site, done: asyncio.Event) -> None:
    """Ask for a page again and again, on two connections."""
    connections = [http.client.HTTPConnection("127.0.0.1", site.port, timeout=30) for _ in range(2)]
    while not done.is_set():
        for connection in connections:
            connection.request("GET", "/accounts/login/")
            connection.getresponse().read()
    for connection in connections:
        connection.close()
