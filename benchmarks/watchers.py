"""What it costs the server that staff watch: one live socket, fifty, none.

python -m benchmarks.watchers [WATCHERS]: one server process on SQLite, 50 requests a second, and so many
sockets (50) that watch all charts of the overview and are read by this process.
"""

import asyncio
import http.client
import json
import statistics
import sys
import tempfile
import threading
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import psutil
import websockets

from benchmarks.report import publish

SECONDS, ROUNDS, REQUESTS_PER_SECOND = 10, 3, 50
CHARTS = ("traffic", "latency", "errors", "hit_rate", "saved", "in_flight", "sockets", "overhead", "dropped")
PACKAGES = ("django", "uvicorn", "websockets", "orjson")
NOTES = (
    f"Processor time of the server process in percent of a core, medians of {ROUNDS} spans of {SECONDS} s, under a"
    f" load of {REQUESTS_PER_SECOND} requests a second. The goal: fifty watchers cost less than 5% of a core more than"
    " one."
)


def main() -> None:
    """Measure and publish."""
    import tests.environment  # noqa: F401  (the collected static files)
    from tests.servers.site import running_site
    from tests.stack.live.people import people

    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    with tempfile.TemporaryDirectory() as folder, running_site(Path(folder), SECRET_KEY="k" * 50) as site:
        crowd = people(site, "boss", also="User.objects.update(is_staff=True)")
        over = threading.Event()
        load = threading.Thread(target=steady_load, args=(site.port, over))
        load.start()
        try:
            rows = asyncio.run(measured(site, crowd.cookies("boss"), (0, 1, count)))
        finally:
            over.set()
            load.join()
    publish("watchers", "Watching the performance pages live", rows, packages=PACKAGES, notes=NOTES)


async def measured(site: Any, cookies: str, counts: tuple[int, ...]) -> list[dict[str, Any]]:
    """Return what so many watchers cost each time."""
    process = psutil.Process(site.process.pid)
    shares = [await share(process, site, cookies, count) for count in counts]
    return [
        {
            "watchers": count,
            "server": f"{found:.1f}% of a core",
            "more than one": f"{found - shares[1]:+.1f}%" if count > 1 else "",
        }
        for count, found in zip(counts, shares, strict=True)
    ]


async def share(process: psutil.Process, site: Any, cookies: str, count: int) -> float:
    """Return the server's processor time while so many watch."""
    url = f"{site.url.replace('http', 'ws')}/ws/performance/"
    async with AsyncExitStack() as stack:
        heard = [0] * count
        readers = []
        for number in range(count):
            options: dict[str, Any] = {"additional_headers": {"Cookie": cookies}, "compression": None}
            socket = await stack.enter_async_context(websockets.connect(url, **options))
            await socket.send(json.dumps({"type": "watch", "charts": CHARTS}))
            readers.append(asyncio.create_task(read(socket, heard, number)))
        await asyncio.sleep(3)
        shares = [await span(process) for _ in range(ROUNDS)]
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)
    assert all(frames >= SECONDS for frames in heard), heard
    return statistics.median(shares)


async def span(process: psutil.Process) -> float:
    """Return the processor time of a span, in percent of a core."""
    before, began = sum(process.cpu_times()[:2]), time.monotonic()
    await asyncio.sleep(SECONDS)
    return (sum(process.cpu_times()[:2]) - before) / (time.monotonic() - began) * 100


async def read(socket: Any, heard: list[int], number: int) -> None:
    """Count the deltas, which have to come with figures."""
    async for text in socket:
        heard[number] += '"type":"delta"' in text and '"traffic":{' in text


def steady_load(port: int, over: threading.Event) -> None:
    """Ask for the sign-in page at a steady rate."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    due = time.monotonic()
    while not over.is_set():
        connection.request("GET", "/accounts/login/")
        connection.getresponse().read()
        due = max(due + 1 / REQUESTS_PER_SECOND, time.monotonic() - 1)
        over.wait(max(0.0, due - time.monotonic()))
    connection.close()


if __name__ == "__main__":
    main()
