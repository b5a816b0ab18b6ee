"""The open loop: requests at a constant rate whatever the server does, each timed from when it was meant to go.

A closed loop sends less as soon as answers are late, and so leaves out those that would have waited (coordinated
omission). Here a request that finds all connections busy waits, and its wait is in its figure.
python -m benchmarks.pages.openloop URL RATE SECONDS [HEADER …] prints JSON.
"""

import asyncio
import json
import sys
from collections import deque
from itertools import count
from time import perf_counter, process_time
from urllib.parse import urlsplit

import uvloop

from benchmarks.pages.subjects import OWN

CONNECTIONS = 64
TICK_SECONDS = 0.0005
DRAIN_SECONDS = 5.0
GOOD = (b"HTTP/1.1 200", b"HTTP/1.1 304")


class Connection(asyncio.Protocol):
    """One request at a time; takes the next one meant to go as soon as its answer is whole."""

    def __init__(self, load: "Load") -> None:
        self._load, self._received, self._missing = load, b"", -1
        self.since = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Be ready."""
        self._transport = transport
        self._load.idle.append(self)

    def ask(self, since: float) -> None:
        """Send a request that was meant to go then."""
        self.since = since
        self._transport.write(self._load.request())  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        """Take a part of the answer."""
        if self._missing >= 0:
            self._missing -= len(data)
        else:
            data = self._received + data
            end = data.find(b"\r\n\r\n")
            if end < 0:
                self._received = data
                return
            head = data[:end]
            self._load.judge(head)
            self._missing = length_of(head) - (len(data) - end - 4)
        if self._missing <= 0:
            self._received, self._missing = b"", -1
            self._load.take(self)

    def connection_lost(self, error: Exception | None) -> None:
        """Let the whole load fail: a lost connection is a lost request."""
        self._load.broken = self._load.broken or error or ConnectionError("the server closed a connection")


class Load:
    """When requests are meant to go, who may send them, and how long each took."""

    def __init__(self, request: bytes, *, rate: float, seconds: float) -> None:
        before, own, after = request.partition(OWN.encode())
        self._before, self._after = before + own[:-1], after
        self._numbers = count(1) if own else None
        self._rate, self._total = rate, int(rate * seconds)
        self.idle: deque[Connection] = deque()
        self._waiting: deque[float] = deque()
        self._due, self._begun = 0, 0.0
        self.latencies: list[float] = []
        self.late_seconds = 0.0  # how late the generator itself was at its worst
        self.broken: Exception | None = None

    def request(self) -> bytes:
        """Return the next request's bytes."""
        return self._before if self._numbers is None else b"%b%d%b" % (self._before, next(self._numbers), self._after)

    async def run(self) -> None:
        """Send all and wait for the answers; raise what broke a connection, or TimeoutError."""
        self._begun = perf_counter()
        last = self._begun + self._total / self._rate
        while len(self.latencies) < self._total:
            self._send_due(perf_counter())
            if self.broken:
                raise self.broken
            if perf_counter() > last + DRAIN_SECONDS:
                raise TimeoutError(f"{self._total - len(self.latencies)} requests have no answer")
            await asyncio.sleep(TICK_SECONDS)

    def _send_due(self, now: float) -> None:
        """Give each request whose time has come to an idle connection, or let it wait for one."""
        due = min(self._total, int((now - self._begun) * self._rate) + 1)
        if due > self._due:
            self.late_seconds = max(self.late_seconds, now - self._begun - self._due / self._rate)
        for number in range(self._due, due):
            meant = self._begun + number / self._rate
            if self.idle:
                self.idle.popleft().ask(meant)
            else:
                self._waiting.append(meant)
        self._due = due

    def judge(self, head: bytes) -> None:
        """Let the whole load fail for an answer that is none."""
        if not head.startswith(GOOD):
            self.broken = ValueError(head.decode("latin-1"))

    def take(self, connection: Connection) -> None:
        """Note an answer and give the connection the request that has waited longest."""
        self.latencies.append(perf_counter() - connection.since)
        if self._waiting:
            connection.ask(self._waiting.popleft())
        else:
            self.idle.append(connection)


def length_of(head: bytes) -> int:
    """Return how many bytes of body follow."""
    if head.startswith(GOOD[1]):
        return 0
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise ValueError("an answer without Content-Length")


async def measured(url: str, *, rate: float, seconds: float, headers: list[str]) -> dict[str, float]:
    """Return the rate that was reached and the latencies in milliseconds."""
    parts = urlsplit(url)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    lines = [f"GET {target} HTTP/1.1", f"Host: {parts.netloc}", *headers]
    load = Load("\r\n".join([*lines, "", ""]).encode(), rate=rate, seconds=seconds)
    loop = asyncio.get_running_loop()
    for _ in range(CONNECTIONS):
        await loop.create_connection(lambda: Connection(load), parts.hostname, parts.port)
    begun, used = perf_counter(), process_time()
    await load.run()
    spent, used = perf_counter() - begun, process_time() - used
    found = sorted(load.latencies)
    shares = {f"p{share}": found[int(len(found) * share / 100)] * 1000 for share in (50, 99, 99.9)}
    return {"rate": len(found) / spent, **shares, "late": load.late_seconds * 1000, "load": used / spent}


if __name__ == "__main__":
    address, asked, duration, *fields = sys.argv[1:]
    work = measured(address, rate=float(asked), seconds=float(duration), headers=fields)
    print(json.dumps(uvloop.run(work)))
