"""What is answered while the request is read, and what takes the usual way."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest
from uvicorn import Config
from uvicorn.server import ServerState

from perfsite import head
from perfsite.head import AT_ONCE_MOST, Protocol
from perfsite.whole import AGAIN, EXTENSION, Write
from tests.edge.drive import until

HEAD = b"x-request-id: some\r\ncontent-length: 4\r\n\r\n"
ONE = b"GET /memory HTTP/1.1\r\nHost: localhost\r\n\r\n"


turns: list[int] = []
known: dict[str, Any] = {}  # the last scope of each path that was asked at once


def answer(scope: Any, write: Write) -> None:
    """Answer; /moody declines the second time, and fails the fourth."""
    if scope["path"] == "/moody":
        turns.append(1)
        if len(turns) == 2:
            return
        if len(turns) == 4:
            raise RuntimeError("again")
    write(b"HTTP/1.1 200 OK\r\n", HEAD, b"" if scope["method"] == "HEAD" else b"memo")


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Have /memory at once; anything the usual way, whose answer begins with its path."""
    write = scope.get(EXTENSION)
    if write is not None:
        if scope["path"] == "/fails":
            raise RuntimeError("at once")
        if scope["path"] == "/waits":
            await asyncio.sleep(0)
        if scope["path"] in ("/memory", "/me%6dory", "/moody"):
            known[scope["path"]] = scope
            answer(scope, write)
            scope[AGAIN] = partial(answer, scope)
        return
    if scope["path"] == "/early":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
        await send({"type": "http.response.body", "body": b"early"})
        return
    body = b"usual " + scope["path"].encode() + (await receive())["body"]
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


class Talk:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self.writer = reader, writer

    async def answer(self, *, is_head: bool = False) -> bytes:
        """Return the next body."""
        async with asyncio.timeout(20):
            head = await self._reader.readuntil(b"\r\n\r\n")
            if head.startswith(b"HTTP/1.1 100"):
                head = await self._reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
            return b"" if is_head else await self._reader.readexactly(length)

    async def ended(self) -> bool:
        """Return whether nothing comes before the end."""
        return not await self._reader.read()

    async def asks(self, data: bytes, **options: bool) -> bytes:
        """Send, and return the body that comes."""
        self.writer.write(data)
        return await self.answer(**options)


@asynccontextmanager
async def talking(peer: str = "127.0.0.1", **options: Any) -> AsyncIterator[Talk]:
    """Yield a connection to a server of its own."""
    config = Config(application, log_config=None, lifespan="off", **options)
    loop, state = asyncio.get_running_loop(), ServerState()
    config.load()
    server = await loop.create_server(
        lambda: Protocol(config=config, server_state=state, app_state={}, _loop=loop), "127.0.0.1", 0
    )
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname(), local_addr=(peer, 0))
    yield Talk(reader, writer)
    writer.close()
    server.close()
    assert not state.tasks


@pytest.fixture
async def talk() -> AsyncIterator[Talk]:
    async with talking() as talk:
        yield talk


async def test_answers_at_once_and_the_usual_way_take_turns_on_a_connection(talk: Talk) -> None:
    for _ in range(3):
        assert await talk.asks(ONE) == b"memo"
        assert await talk.asks(ONE.replace(b"memory", b"other")) == b"usual /other"


async def test_pipelined_requests_are_answered_in_order_whichever_way(talk: Talk) -> None:
    talk.writer.write(ONE + ONE.replace(b"memory", b"first") + ONE + ONE.replace(b"memory", b"last"))
    assert [await talk.answer() for _ in range(2)] == [b"memo", b"usual /first"]
    assert await talk.answer() == b"usual /memory"  # what stands in a queue is past its at once
    assert await talk.answer() == b"usual /last"
    assert await talk.asks(ONE) == b"memo"


async def test_a_flood_in_one_piece_leaves_others_their_turn(talk: Talk) -> None:
    talk.writer.write(ONE * (AT_ONCE_MOST + 2))
    assert [await talk.answer() for _ in range(AT_ONCE_MOST)] == [b"memo"] * AT_ONCE_MOST
    assert [await talk.answer() for _ in range(2)] == [b"usual /memory"] * 2
    assert await talk.asks(ONE) == b"memo"


@pytest.mark.parametrize(
    "request_line",
    [
        b"POST /memory HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n",
        b"GET /memory HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        b"GET /memory HTTP/1.0\r\nHost: localhost\r\n\r\n",
        b"GET /me%6dory HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /memory HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n\r\n",
    ],
)
async def test_all_but_plain_reads_take_the_usual_way(talk: Talk, request_line: bytes) -> None:
    assert await talk.asks(request_line) == b"usual /memory"


async def test_what_fails_or_would_wait_at_once_takes_the_usual_way(
    talk: Talk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR, "perfsite.whole")
    assert await talk.asks(ONE.replace(b"memory", b"fails")) == b"usual /fails"
    assert [record.message for record in caplog.records] == ["A request cannot be answered at once"]
    assert await talk.asks(ONE.replace(b"memory", b"waits")) == b"usual /waits"
    assert await talk.asks(ONE) == b"memo"


@pytest.mark.parametrize("field", [b"Content-Length: 12", b"Transfer-Encoding: chunked"])
async def test_who_announces_a_body_takes_the_usual_way(talk: Talk, field: bytes) -> None:
    body = b"GET / HTTP/1" if field.endswith(b"12") else b"c\r\nGET / HTTP/1\r\n0\r\nx-late: 1\r\n\r\n"
    ahead = b"GET /memory HTTP/1.1\r\nHost: localhost\r\n" + field + b"\r\n\r\n"
    assert (await talk.asks(ahead + body)).startswith(b"usual /memory")
    assert await talk.asks(ONE) == b"memo"


async def test_a_known_request_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    begin = Protocol.on_message_begin
    monkeypatch.setattr(Protocol, "on_message_begin", lambda self: (read.append(1), begin(self))[1])
    one = ONE.replace(b"localhost", b"known")
    async with talking() as talk:
        assert [await talk.asks(one) for _ in range(5)] == [b"memo"] * 5
        assert len(read) == 1
        assert await talk.asks(one.replace(b"memory", b"other")) == b"usual /other"
        assert await talk.asks(one) == b"memo"
        assert len(read) == 2


async def test_a_known_request_in_pieces_or_behind_another_is_read(talk: Talk) -> None:
    assert await talk.asks(ONE) == b"memo"
    talk.writer.write(ONE[:20])
    await talk.writer.drain()
    assert await talk.asks(ONE[20:] + ONE) == b"memo"
    assert await talk.answer() == b"memo"
    assert await talk.asks(b"GET /other HTTP/1.1\r\n" + ONE[22:] + ONE) == b"usual /other"
    assert await talk.answer() == b"usual /memory"


async def test_a_known_request_behind_a_single_byte_is_none(talk: Talk) -> None:
    assert await talk.asks(ONE) == b"memo"
    talk.writer.write(b"G")
    await passed(0.05)  # so that it comes in a piece of its own
    assert await talk.asks(ONE) == b"Invalid HTTP request received."


async def test_a_body_that_looks_like_a_known_request_is_none(talk: Talk) -> None:
    assert await talk.asks(ONE) == b"memo"
    ahead = b"POST /early HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(ONE)
    assert await talk.asks(ahead) == b"early"
    talk.writer.write(ONE)  # the body, after its answer
    assert await talk.asks(ONE.replace(b"memory", b"next")) == b"usual /next"
    assert await talk.asks(ONE) == b"memo"


async def test_what_is_known_is_bounded(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    known: dict[tuple[str, bytes], Any] = {}
    monkeypatch.setattr(head, "_known", known)
    monkeypatch.setattr(head, "KNOWN_MOST", 2)
    for name in (b"a", b"b", b"c", b"d" * head.KNOWN_BYTES):
        assert await talk.asks(ONE.replace(b"localhost", name)) == b"memo"
    assert [(peer, request.split()[4]) for peer, request in known] == [("127.0.0.1", b"b"), ("127.0.0.1", b"c")]


async def test_a_known_request_that_is_declined_or_fails_is_read(talk: Talk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR, "perfsite.whole")
    one = ONE.replace(b"memory", b"moody")
    for said in ([], [], ["A request cannot be answered at once"]):
        assert await talk.asks(one) == b"memo"
        assert [record.message for record in caplog.records] == said


async def test_what_one_peer_sent_is_not_known_of_another() -> None:
    async with talking() as talk:
        assert await talk.asks(ONE) == b"memo"
        known.clear()
        assert await talk.asks(ONE) == b"memo"
        assert known == {}
        async with talking(peer="127.0.0.2") as other:
            assert await other.asks(ONE) == b"memo"
        assert known["/memory"]["client"][0] == "127.0.0.2"


async def test_a_connection_that_is_quiet_after_known_requests_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(head, "PAUSE_SECONDS", 0.05)
    async with talking(timeout_keep_alive=1) as talk:
        for _ in range(4):
            assert await talk.asks(ONE) == b"memo"
            await passed(0.4)
        async with asyncio.timeout(20):
            assert await talk.ended()


async def passed(seconds: float) -> None:
    """Return when so much time has passed."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    await until(lambda: loop.time() - begun > seconds)


async def test_head_is_answered_at_once_without_a_body(talk: Talk) -> None:
    assert await talk.asks(ONE.replace(b"GET", b"HEAD"), is_head=True) == b""
    assert await talk.asks(ONE) == b"memo"
