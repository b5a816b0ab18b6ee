"""An open-loop client: steps begin when they are due, whether the site keeps up or not, and are timed from then.

It shares the machine with what it measures: a connection is a protocol on uvloop, which takes half of what streams do.
"""

import asyncio
import re
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.refresh.trace import Step

CONNECTIONS, APART_SECONDS = 64, 0.005
LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
NUMBER = re.compile(rb"\s*(\d+)")
END, EVENT, SEQUENCE = b"\r\n\r\n", b'"last_event":', b'"sequence":'
BODY = b'{"text": "and one more"}'


@dataclass(slots=True)
class Played:
    """What came of the steps. Times in seconds, from when each was due. `ages`: of reads older than was answered."""

    hits: list[float] = field(default_factory=list)
    reads: list[float] = field(default_factory=list)
    writes: list[float] = field(default_factory=list)
    ages: list[float] = field(default_factory=list)
    failures: list[int] = field(default_factory=list)
    seconds: float = 0.0


class Player:
    """Plays steps, and knows the newest version of each conversation that was answered to a writer."""

    def __init__(self, port: int, steps: Sequence[Step], *, rate: float) -> None:
        self._port, self._steps, self._rate = port, iter(list(enumerate(steps))), rate
        self._known: dict[int, list[tuple[int, float]]] = defaultdict(list)
        self.played = Played()

    async def play(self) -> Played:
        """Play all. People come one after the other: all at once, they may all come to the same process."""
        lines, loop = [], asyncio.get_running_loop()
        for _ in range(CONNECTIONS):
            lines.append((await loop.create_connection(Line, "127.0.0.1", self._port))[1])
            await asyncio.sleep(APART_SECONDS)
        self._begin = time.perf_counter()
        await asyncio.gather(*map(self._talk, lines))
        self.played.seconds = time.perf_counter() - self._begin
        return self.played

    async def _talk(self, line: "Line") -> None:
        for number, step in self._steps:
            due = self._begin + number / self._rate
            if (early := due - time.perf_counter()) > 0:
                await asyncio.sleep(early)
            sent = time.perf_counter()
            status, body = await line.asked(request(step))
            self._note(step, status, body, sent, time.perf_counter() - due)
        line.close()

    def _note(self, step: Step, status: int, body: bytes, sent: float, seconds: float) -> None:
        if status >= 400:
            self.played.failures.append(status)
        elif step.is_write:
            self.played.writes.append(seconds)
            self._known[step.conversation].append((number_in(SEQUENCE, body), time.perf_counter()))
        else:
            self.played.reads.append(seconds)
            if step.is_hit:
                self.played.hits.append(seconds)
            self._compare(step, number_in(EVENT, body), sent)

    def _compare(self, step: Step, version: int, sent: float) -> None:
        missed = [moment for newer, moment in self._known[step.conversation] if newer > version and moment < sent]
        if missed:
            self.played.ages.append(sent - min(missed))


class Line(asyncio.Protocol):
    """A connection, for one request at a time."""

    def connection_made(self, transport: Any) -> None:
        """Begin."""
        self._transport = transport

    def asked(self, data: bytes) -> asyncio.Future[tuple[int, bytes]]:
        """Send a request; return what will be the status and the body."""
        self._data, self._body, self._whole = bytearray(), 0, 0
        self._answer: asyncio.Future[tuple[int, bytes]] = asyncio.get_running_loop().create_future()
        self._transport.write(data)
        return self._answer

    def data_received(self, data: bytes) -> None:
        """Note what came, and whether it is the whole answer."""
        self._data += data
        if not self._whole and (end := self._data.find(END)) >= 0:
            length = LENGTH.search(self._data, 0, end + 2)
            self._body = end + len(END)
            self._whole = self._body + (int(length[1]) if length else 0)
        if self._whole and len(self._data) >= self._whole:
            self._answer.set_result((int(self._data[9:12]), bytes(self._data[self._body :])))

    def connection_lost(self, error: Exception | None) -> None:
        """Let who waits know."""
        if not self._answer.done():
            self._answer.set_exception(error or ConnectionResetError("The server closed a connection."))

    def close(self) -> None:
        """End it."""
        self._transport.close()


def number_in(name: bytes, body: bytes) -> int:
    """Return the number after a name where it is named last; raise AssertionError where there is none."""
    found = NUMBER.match(body, body.rfind(name) + len(name))
    assert found, body[:200]
    return int(found[1])


def request(step: Step) -> bytes:
    """Return the bytes of a request."""
    path = f"/api/conversations/{step.conversation}/messages"
    head = f"Host: localhost\r\nCookie: sessionid={step.session}; csrftoken={'c' * 32}\r\n"
    if not step.is_write:
        return f"GET {path} HTTP/1.1\r\n{head}\r\n".encode()
    more = f"X-CSRFToken: {'c' * 32}\r\nContent-Type: application/json\r\nContent-Length: {len(BODY)}\r\n"
    return f"POST {path} HTTP/1.1\r\n{head}{more}\r\n".encode() + BODY
