"""A client that never reads is closed at its bound; nobody else notices, and memory stays where it was."""

import asyncio
import json
import socket
from collections.abc import Iterator

import psutil
import pytest

from tests.servers.site import Site, running_site
from tests.soak import length
from tests.stack.live.ear import listening
from tests.stack.live.people import People, people
from tests.stack.live.reader import Writer

MESSAGES, SPEAKERS = length(5_000, short=1_500), 5
HANDSHAKE = (
    "GET /ws/chat/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nCookie: {cookies}\r\n\r\n"
)


@pytest.fixture
def busy(tmp_path_factory: pytest.TempPathFactory, migrated_url: str) -> Iterator[Site]:
    """A site that lets writers write fast and holds little for each socket."""
    folder = tmp_path_factory.mktemp("busy")
    with running_site(folder, migrate=False, prepare=hurried, DATABASE_URL=migrated_url) as site:
        yield site


def hurried(site: Site) -> None:
    """Set the policies; without a bus a running server would obey four seconds later."""
    values = ("messages_per_second=1000", "burst=10000", "buffer_bytes=131072")
    site.manage("policies", "set", "live", *values, "--reason", "a test of bounds")
    site.manage("policies", "set", "limits", "messages_per_minute=100000", "--reason", "many messages")


def masked(frame: dict[str, object]) -> bytes:
    """Return a short text frame as a client sends it, its mask all zeros."""
    text = json.dumps(frame).encode()
    assert len(text) < 126
    return bytes((0x81, 0x80 | len(text), 0, 0, 0, 0)) + text


def deaf(site: Site, cookies: str, conversation: int) -> socket.socket:
    """Return a socket that follows a conversation and reads nothing after the handshake."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(("127.0.0.1", site.port))
    client.sendall(HANDSHAKE.format(port=site.port, cookies=cookies).encode())
    assert b" 101 " in client.recv(64)
    client.sendall(masked({"type": "subscribe", "conversation": conversation}))
    return client


async def spoken(site: Site, crowd: People, count: int, *, round_number: int) -> None:
    """Send messages of a kilobyte each, some at once."""
    writers = [
        Writer(
            f"r{round_number}w{number}",
            crowd.cookies("ann"),
            crowd.conversations[0],
            site,
            texts=["x" * 1_000] * (count // SPEAKERS),
        )
        for number in range(SPEAKERS)
    ]
    await asyncio.gather(*(writer.run() for writer in writers))


@pytest.mark.soak
async def test_client_that_does_not_read_is_closed_and_nobody_else_notices(busy: Site) -> None:
    crowd = people(busy, "ann", "bob", "eve", "joe")
    where, last = crowd.conversations[0], 500 + MESSAGES
    process = psutil.Process(busy.process.pid)
    async with listening(busy, crowd.cookies("bob"), where) as other:
        await spoken(busy, crowd, 500, round_number=0)  # pools and caches have their size
        await other.until("message", message__sequence=500, seconds=60)
        before = process.memory_info().rss
        with deaf(busy, crowd.cookies("eve"), where), deaf(busy, crowd.cookies("joe"), where) as late:
            await other.until("presence", count=3)
            other.events.clear()
            writing = asyncio.create_task(spoken(busy, crowd, MESSAGES, round_number=1))
            await other.until("presence", count=1, seconds=60)
            told = await asyncio.to_thread(read_to_the_end, late)
            await writing
            await other.until("message", message__sequence=last, seconds=60)
            assert [event["sequence"] for event in other.of("message")] == list(range(501, last + 1))
            assert process.memory_info().rss - before < 24 * 1024 * 1024
    assert told.endswith((4408).to_bytes(2, "big") + b"Too much waits to be read. Connect again and resume.")
    async with listening(busy, crowd.cookies("joe")) as ear:
        await ear.follow(where, after_sequence=last - 20)
        assert [event["sequence"] for event in ear.of("message")] == list(range(last - 19, last + 1))
    async with listening(busy, crowd.cookies("joe")) as ear:  # more than the socket holds is read over HTTP
        await ear.follow(where, after_sequence=last - 200)
        assert [event["type"] for event in ear.events[:2]] == ["reset", "ack"]
        assert ear.events[0]["sequence"] == last


def read_to_the_end(client: socket.socket) -> bytes:
    """Return the last of what the server sends before it closes. Blocks."""
    client.settimeout(30)
    tail = b""
    while data := client.recv(65536):
        tail = (tail + data)[-1000:]
        if tail.endswith(b"resume."):
            break
    return tail
