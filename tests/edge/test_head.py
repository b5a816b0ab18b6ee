"""A connection that says nothing, or half a head, is not kept for ever."""

import asyncio
from typing import Any

import pytest
from uvicorn import Config
from uvicorn.server import ServerState

from perfsite import head
from perfsite.head import Protocol
from tests.edge.drive import until


@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1\r\nHost"])
async def test_connection_that_pauses_before_the_end_of_a_head_is_closed(
    monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    monkeypatch.setattr(head, "PAUSE_SECONDS", 0.05)
    reader, writer, server = await connected()
    writer.write(said)
    async with asyncio.timeout(20):
        assert await reader.read() == b""
    writer.close()
    server.close()


async def test_connection_that_keeps_to_itself_after_an_answer_gets_uvicorns_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(head, "PAUSE_SECONDS", 0.05)
    reader, writer, server = await connected()
    writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 204")
    loop = asyncio.get_running_loop()
    begun = loop.time()
    await until(lambda: loop.time() - begun > 0.2)
    writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 204")
    writer.close()
    server.close()


@pytest.mark.parametrize(
    "said",
    [
        b"\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx\r\n",
    ],
)
async def test_what_begins_no_request_keeps_no_connection_open(monkeypatch: pytest.MonkeyPatch, said: bytes) -> None:
    monkeypatch.setattr(head, "PAUSE_SECONDS", 0.2)
    reader, writer, server = await connected()
    writer.write(said)
    await asyncio.sleep(0.1)
    writer.write(b"\r\n")  # takes the timer off, and is nothing
    async with asyncio.timeout(20):
        await reader.read()
    writer.close()
    server.close()


async def test_a_socket_may_be_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(head, "PAUSE_SECONDS", 0.05)
    reader, writer, server = await connected()
    writer.write(UPGRADE)
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101")
    loop = asyncio.get_running_loop()
    begun = loop.time()
    await until(lambda: loop.time() - begun > 0.3)
    writer.write(b"\x81\x80" + bytes(4))  # an empty text, masked
    async with asyncio.timeout(20):
        assert await reader.readexactly(6) == b"\x81\x04here"
    writer.close()
    server.close()


UPGRADE = (
    b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
LARGE = b"x" * (head.LIMIT_BYTES + 1)
CHUNKED = b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "said",
    [
        b"GET / HTTP/1.1\r\nHost: localhost\r\nAccept: " + LARGE + b"\r\n\r\n",
        CHUNKED + b"0\r\n" + b"".join(b"x-%d: y\r\n" % number for number in range(9_000)),
        CHUNKED + b"0\r\nx-late: " + LARGE * 8,
        CHUNKED + b"1;" + LARGE * 8,
    ],
)
async def test_a_head_trailers_and_the_sizes_of_chunks_have_a_bound(said: bytes) -> None:
    reader, writer, server = await connected()
    try:
        for begin in range(0, len(said), 16_384):
            writer.write(said[begin : begin + 16_384])
            await writer.drain()
        async with asyncio.timeout(20):
            answer = await reader.read()  # to the end of the connection
    except ConnectionError:
        answer = b""
    assert said.startswith(CHUNKED) or not answer or answer.startswith(b"HTTP/1.1 400")
    writer.close()
    server.close()


async def test_a_body_of_any_length_comes_through() -> None:
    reader, writer, server = await connected()
    writer.write(CHUNKED + b"".join(b"4000\r\n" + b"y" * 0x4000 + b"\r\n" for _ in range(20)) + b"0\r\nx: y\r\n\r\n")
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 204")
    writer.close()
    server.close()


async def connected() -> tuple[asyncio.StreamReader, asyncio.StreamWriter, asyncio.Server]:
    """Return a connection to a server of our protocol around an application that has nothing to say."""

    async def application(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            while (await receive())["type"] != "websocket.disconnect":
                await send({"type": "websocket.send", "text": "here"})
            return
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    config = Config(application, log_config=None, lifespan="off", ws="websockets-sansio")
    config.load()
    loop = asyncio.get_running_loop()
    state = ServerState()
    server = await loop.create_server(
        lambda: Protocol(config=config, server_state=state, app_state={}, _loop=loop), "127.0.0.1", 0
    )
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    return reader, writer, server
