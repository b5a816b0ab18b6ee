"""Live delivery and the bus below it: how long a message takes to all sockets, what a socket and a send cost.

python -m benchmarks.live [SOCKETS]: one server process, then two with Redis, on a private Postgres. All sockets (500)
are held by this process on the same machine, so what it takes to receive is in the figures.
"""

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import Any

import psutil
import websockets

from benchmarks.report import publish

ROUNDS, PAUSE_SECONDS = 120, 0.25
SENDS = 600
USERS = 50
PACKAGES = ("django", "uvicorn", "websockets", "redis", "psycopg")
NOTES = (
    "Times are from the sending of the frame to its arrival at a socket, over all sockets and messages. The goals:"
    " 250 ms in one process, 300 ms over two, 60 MB for 500 idle sockets, 8 ms of server CPU for a send over HTTP,"
    " 60 µs for a publication in its caller and 20 ms to another process at 2,000 messages a second (99 of 100)."
)


def main() -> None:
    """Measure everything and publish it."""
    import tests.environment  # noqa: F401  (the collected static files)

    count = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    rows = [*sites(count), *the_bus()]
    publish("live", "Live delivery", rows, packages=PACKAGES, notes=NOTES)


def sites(count: int) -> list[dict[str, Any]]:
    """Return the figures of real servers."""
    from tests.servers.postgres import running_postgres
    from tests.servers.redis import running_redis
    from tests.servers.site import running_site
    from tests.stack.live.people import people

    rows: list[dict[str, Any]] = []
    with ExitStack() as stack:
        enter = stack.enter_context
        folder = Path(enter(tempfile.TemporaryDirectory()))
        url = enter(enter(running_postgres()).database())
        shared = {"DATABASE_URL": url, "SECRET_KEY": "k" * 50}
        alone = enter(running_site(folder / "alone", **shared))
        alone.manage("policies", "set", "limits", "messages_per_minute=100000", "--reason", "many messages")
        crowd = people(alone, *(f"user{number}" for number in range(USERS)))
        rows += asyncio.run(fan_out("one process", [alone], crowd, count))
        rows.append(send_cost(alone, crowd))
        alone.stop()
        shared["REDIS_URL"] = enter(running_redis()).url()
        pair = [enter(running_site(folder / name, migrate=False, **shared)) for name in ("one", "two")]
        rows += asyncio.run(fan_out("two processes and Redis", pair, crowd, count))
        rows.append(send_cost(pair[0], crowd, what="the same, told to another process"))
    return rows


async def fan_out(what: str, sites: list[Any], crowd: Any, count: int) -> list[dict[str, Any]]:
    """Return the delays of messages to all sockets, and what the sockets cost while idle."""
    from tests.stack.live.reader import connected

    delays: list[float] = []
    processes = [psutil.Process(site.process.pid) for site in sites]
    async with AsyncExitStack() as stack:
        before = sum(process.memory_info().rss for process in processes)
        sockets = []
        for number in range(count):
            cookies = crowd.cookies(f"user{number % USERS}")
            options = {"compression": None, "max_queue": None}
            sockets.append(await stack.enter_async_context(connected(sites[number % len(sites)], cookies, **options)))
            await sockets[-1].send(json.dumps({"type": "subscribe", "conversation": crowd.conversations[0]}))
        readers = [asyncio.create_task(read(socket, delays)) for socket in sockets]
        await asyncio.sleep(8)
        grown = sum(process.memory_info().rss for process in processes) - before
        await talk(sockets[0], crowd.conversations[0])
        await asyncio.sleep(2)
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)
    assert len(delays) == ROUNDS * count, (len(delays), ROUNDS * count)
    return [
        row(f"a message to {count} sockets, {what}", delays, "ms", scale=1000),
        {**blank(f"{count} idle sockets, {what}"), "value": f"{grown / 1e6:.0f} MB"},
    ]


async def read(socket: Any, delays: list[float]) -> None:
    """Note how old each message is when it arrives."""
    try:
        async for text in socket:
            if text.startswith('{"type":"message"'):
                now = time.monotonic()
                delays.append(now - float(json.loads(text)["message"]["text"]))
    except websockets.ConnectionClosed as error:
        print("closed", error.rcvd)


async def talk(socket: Any, conversation: int) -> None:
    """Send the rounds, each with the time of its sending."""
    for _ in range(ROUNDS):
        text = repr(time.monotonic())
        await socket.send(json.dumps({"type": "message", "conversation": conversation, "text": text}))
        await asyncio.sleep(PAUSE_SECONDS)


def send_cost(site: Any, crowd: Any, *, what: str = "a send over HTTP to its 201, server CPU") -> dict[str, Any]:
    """Return what one send costs the server, from many on one connection."""
    import http.client

    from tests.stack.live.people import CSRF

    connection = http.client.HTTPConnection("127.0.0.1", site.port)
    headers = {"Cookie": crowd.cookies("user0"), "X-CSRFToken": CSRF, "Content-Type": "application/json"}
    path = f"/api/conversations/{crowd.conversations[0]}/messages"

    def send() -> None:
        connection.request("POST", path, json.dumps({"text": "hello there, how are you"}), headers)
        answer = connection.getresponse()
        assert answer.status == 201, answer.read()
        answer.read()

    for _ in range(50):
        send()
    process = psutil.Process(site.process.pid)
    before = sum(process.cpu_times()[:2])
    for _ in range(SENDS):
        send()
    spent = sum(process.cpu_times()[:2]) - before
    return {**blank(what), "value": f"{spent / SENDS * 1000:.1f} ms"}


BUS = """
import sys, time
from functools import partial
from apps.backplane.connections import redis_client
from apps.backplane.shared import SharedBus
bus = SharedBus(partial(redis_client, sys.argv[1], purpose="bus", timeout_seconds=5.0))
"""
LISTEN = (
    BUS
    + """
delays = []
bus.subscribe("t", lambda envelope: delays.append(time.monotonic() - envelope.payload["at"]), lambda loss: None)
bus.start()
while not bus.status().is_connected:
    time.sleep(0.01)
print("ready", flush=True)
sys.stdin.readline()
print(*delays)
"""
)
TELL = (
    BUS
    + """
bus.start()
payload = {"conversation": 1, "sequence": 1, "message": "x" * 400}
spent, begin = [], time.monotonic()
for number in range(20_000):
    due = begin + number / 2_000
    while time.monotonic() < due:
        time.sleep(0.0002)
    at = time.perf_counter()
    bus.publish("t", {**payload, "at": time.monotonic()})
    spent.append(time.perf_counter() - at)
bus.stop()
print(*spent)
"""
)


def the_bus() -> list[dict[str, Any]]:
    """Return what a publication costs its caller, and how long it takes to another process."""
    from tests.servers.redis import running_redis

    with running_redis() as redis:
        command = [sys.executable, "-c"]
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        with subprocess.Popen([*command, LISTEN, redis.url()], **pipes) as listener:
            assert listener.stdout
            assert listener.stdin
            assert listener.stdout.readline() == "ready\n"
            told = subprocess.run([*command, TELL, redis.url()], check=True, capture_output=True, text=True)
            listener.stdin.write("enough\n")
            listener.stdin.flush()
            delays = [float(word) for word in listener.stdout.readline().split()]
    spent = [float(word) for word in told.stdout.split()]
    assert len(delays) == len(spent) == 20_000
    return [
        row("a publication, in its caller, at 2,000 a second", spent, "µs", scale=1e6),
        row("the same, until another process has it", delays, "ms", scale=1000),
    ]


def blank(what: str) -> dict[str, Any]:
    return {"what": what, "median": "", "99 of 100": "", "worst": "", "value": ""}


def row(what: str, times: list[float], unit: str, *, scale: float) -> dict[str, Any]:
    """Return times in seconds as a row."""
    cuts = statistics.quantiles(times, n=100)
    shown = (statistics.median(times), cuts[98], max(times))
    median, late, worst = (f"{value * scale:.1f} {unit}" for value in shown)
    return {**blank(what), "median": median, "99 of 100": late, "worst": worst}


if __name__ == "__main__":
    main()
