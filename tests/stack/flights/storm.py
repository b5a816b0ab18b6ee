"""Many clients at once, as cheap as they come: a socket each, one request, one answer."""

import asyncio
import time
from dataclasses import dataclass
from http import HTTPStatus

ROUNDS, HANDFUL, START_SECONDS = 10, 8, 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What one client was given; status 0 where the connection broke."""

    status: int
    head: str
    body: bytes
    seconds: float


async def storm(port: int, path: str, *, headers: list[str]) -> list[Reply]:
    """Connect a client for each of the headers, let all ask at once, and return their replies."""
    streams = await asyncio.gather(*[asyncio.open_connection("127.0.0.1", port) for _ in headers])
    begun = time.monotonic()
    asks = [asked(*pair, path, lines, begun) for pair, lines in zip(streams, headers, strict=True)]
    return list(await asyncio.gather(*asks))


async def asked(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str, lines: str, begun: float
) -> Reply:
    """Send one request and read to the end of the connection."""
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{lines}\r\n".encode())
        head, _, body = (await reader.read(-1)).partition(b"\r\n\r\n")
    except ConnectionError:
        head = body = b""
    finally:
        writer.close()
    status = int(head.split(b" ", 2)[1]) if head else 0
    return Reply(status=status, head=head.decode("latin-1"), body=body, seconds=time.monotonic() - begun)


async def generations(port: int) -> set[bytes]:
    """Return which write the processes have heard of last, as many as answer."""
    return {reply.body for reply in await storm(port, "/generation", headers=[""] * HANDFUL)}


async def insisted(port: int, path: str, lines: str = "") -> Reply:
    """Ask as a client does that takes 503 and a broken connection for what they are: again."""
    for _ in range(ROUNDS):
        try:
            [reply] = await storm(port, path, headers=[lines])
        except ConnectionError:
            await asyncio.sleep(0.1)
            continue
        if reply.status not in {0, HTTPStatus.SERVICE_UNAVAILABLE}:
            break
    return reply


async def manned(port: int, *, workers: int) -> None:
    """Return once so many processes answer: a site is said to run as soon as one of them does."""
    seen: set[bytes] = set()
    async with asyncio.timeout(START_SECONDS):
        while len(seen) < workers:
            replies = await storm(port, "/process", headers=[""] * HANDFUL)
            seen.update(reply.body for reply in replies if reply.status == HTTPStatus.OK)
