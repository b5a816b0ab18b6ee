"""An open-loop client: steps begin when they are due, whether the site keeps up or not, and are timed from then."""

import asyncio
import re
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.refresh.trace import Step

CONNECTIONS, APART_SECONDS = 64, 0.005
LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
EVENT = re.compile(rb'"last_event":\s*(\d+)')
SEQUENCE = re.compile(rb'"sequence":\s*(\d+)')
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
        connections = []
        for _ in range(CONNECTIONS):
            connections.append(await asyncio.open_connection("127.0.0.1", self._port))
            await asyncio.sleep(APART_SECONDS)
        self._begin = time.perf_counter()
        await asyncio.gather(*(self._talk(*connection) for connection in connections))
        self.played.seconds = time.perf_counter() - self._begin
        return self.played

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for number, step in self._steps:
            due = self._begin + number / self._rate
            if (early := due - time.perf_counter()) > 0:
                await asyncio.sleep(early)
            sent = time.perf_counter()
            writer.write(request(step))
            status, body = await response(reader)
            self._note(step, status, body, sent, time.perf_counter() - due)
        writer.close()
        await writer.wait_closed()

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


def number_in(pattern: re.Pattern[bytes], body: bytes) -> int:
    """Return the number after a name; raise AssertionError where there is none."""
    found = pattern.findall(body)
    assert found, body[:200]
    return int(found[-1])


def request(step: Step) -> bytes:
    """Return the bytes of a request."""
    path = f"/api/conversations/{step.conversation}/messages"
    head = f"Host: localhost\r\nCookie: sessionid={step.session}; csrftoken={'c' * 32}\r\n"
    if not step.is_write:
        return f"GET {path} HTTP/1.1\r\n{head}\r\n".encode()
    more = f"X-CSRFToken: {'c' * 32}\r\nContent-Type: application/json\r\nContent-Length: {len(BODY)}\r\n"
    return f"POST {path} HTTP/1.1\r\n{head}{more}\r\n".encode() + BODY


async def response(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Return status and body."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = LENGTH.search(head)
    body = await reader.readexactly(int(length[1])) if length else b""
    return int(head[9:12]), body
