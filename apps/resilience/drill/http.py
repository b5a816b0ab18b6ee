"""As much of HTTP/1.1 as the fake endpoint needs, over asyncio's streams."""

from asyncio import StreamReader, StreamWriter
from dataclasses import dataclass
from typing import Any

import orjson

BODY_MAX_BYTES = 4 * 1024 * 1024
REASONS = {200: "OK", 400: "Bad Request", 404: "Not Found", 429: "Too Many Requests", 500: "Internal Server Error"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Method, path and body."""

    method: str
    path: str
    body: bytes


async def received(reader: StreamReader) -> Request | None:
    """Return the next request of a connection, None where there is none that can be read."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, _, rest = head[0].partition(" ")
    length = 0
    for line in head[1:]:
        name, _, value = line.partition(":")
        if name.lower() == "content-length" and value.strip().isdecimal():
            length = int(value)
    if length > BODY_MAX_BYTES:
        return None
    return Request(method=method, path=rest.partition(" ")[0], body=await reader.readexactly(length))


async def answer(writer: StreamWriter, status: int, document: Any, **headers: str) -> None:
    """Send a JSON document."""
    body = orjson.dumps(document)
    names = {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}
    writer.write(head(status, names) + body)
    await writer.drain()


def head(status: int, headers: dict[str, str]) -> bytes:
    """Return a status line and headers; underscores in names are hyphens."""
    lines = [
        f"HTTP/1.1 {status} {REASONS[status]}",
        *(f"{name.replace('_', '-')}: {headers[name]}" for name in headers),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def chunk(data: bytes) -> bytes:
    """Return a piece of a chunked body; the empty one ends it."""
    return b"%x\r\n%s\r\n" % (len(data), data)
