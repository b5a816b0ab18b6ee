"""The hop behind real uvicorn, as `manage.py serve` runs it."""

import json
import re
import socket
import struct
from collections.abc import Iterator
from contextlib import suppress

import psutil
import pytest

from tests.edge.wire import Wire
from tests.servers.deadline import eventually
from tests.servers.site import Site, running_site

pytestmark = pytest.mark.measured  # what only a server process runs is run here
MEGABYTE = 1024 * 1024
HELLO = b"hello nothing"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One server for all tests of this file."""
    folder = tmp_path_factory.mktemp("edge") / "site"
    with running_site(folder, DJANGO_SETTINGS_MODULE="tests.edge.settings", REQUEST_TIMEOUT_SECONDS="2") as site:
        yield site


@pytest.fixture
def wire(server: Site) -> Iterator[Wire]:
    with Wire(server.port) as wire:
        yield wire


def get(server: Site, path: str, *lines: str) -> tuple[int, dict[str, str], bytes]:
    with Wire(server.port) as wire:
        wire.request("\n".join([f"GET {path} HTTP/1.1", *lines]))
        return wire.response()


def closed_streams(server: Site) -> list[str]:
    return json.loads(get(server, "/report")[2])["closed"]


def reset(wire: Wire) -> None:
    """Leave as a browser that crashed: with a reset instead of an end."""
    wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    wire.socket.close()


def test_get_is_answered_and_the_connection_kept(wire: Wire) -> None:
    for _ in range(3):
        wire.request("GET /hello HTTP/1.1")
        status, headers, body = wire.response()
        assert (status, body) == (200, HELLO)
        assert re.fullmatch(r"[0-9a-f]{32}", headers["x-request-id"])
        assert re.fullmatch(r"app;dur=\d+\.\d", headers["server-timing"].partition(", traceparent;desc=")[0])
        assert "server" not in headers


def test_pipelined_requests_are_answered_in_order(wire: Wire) -> None:
    one = "GET /sleep/50 HTTP/1.1\r\nHost: localhost\r\n\r\n"
    wire.send((one + one.replace("/sleep/50", "/hello")).encode())
    assert wire.response()[2] == b"slept"
    assert wire.response()[2] == HELLO


def test_head_has_no_body_and_the_connection_is_kept(wire: Wire) -> None:
    for path in ("/hello", "/stream/endless", "/file/10000000"):
        wire.request(f"HEAD {path} HTTP/1.1")
        assert wire.response(has_body=False)[0] == 200
    wire.request("GET /hello HTTP/1.1")
    assert wire.response()[2] == HELLO


def test_http_1_0_is_answered_and_closed(wire: Wire) -> None:
    wire.send(b"GET /hello HTTP/1.0\r\nHost: localhost\r\n\r\n")
    assert wire.at_end().endswith(HELLO)


def test_chunked_upload_arrives_whole(wire: Wire) -> None:
    wire.request("POST /echo HTTP/1.1\nTransfer-Encoding: chunked")
    for _ in range(4):
        wire.send(b"%x\r\n%b\r\n" % (100_000, b"c" * 100_000))
    wire.send(b"0\r\n\r\n")
    status, _, body = wire.response()
    assert (status, body) == (200, b"c" * 400_000)


@pytest.mark.parametrize("size", [10, 100_000])
def test_body_is_sent_after_100_continue(wire: Wire, size: int) -> None:
    wire.request(f"POST /count HTTP/1.1\nContent-Length: {size}\nExpect: 100-continue")
    assert wire.until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    wire.send(b"x" * size)
    assert json.loads(wire.response()[2]) == {"size": size}


def test_upload_refused_before_it_began_sends_no_100_continue(wire: Wire) -> None:
    wire.request("POST /refuse HTTP/1.1\nContent-Length: 1000000\nExpect: 100-continue")
    status, headers, _ = wire.response()
    assert (status, headers["connection"]) == (403, "close")
    assert wire.at_end() == b""


def test_upload_refused_early_is_answered_and_the_connection_kept(wire: Wire) -> None:
    wire.request("POST /refuse HTTP/1.1\nContent-Length: 1000000", b"x" * 1_000_000)
    assert wire.response()[0] == 403
    wire.request("GET /hello HTTP/1.1")
    assert wire.response()[2] == HELLO


def test_empty_body_is_empty(wire: Wire) -> None:
    wire.request("POST /echo HTTP/1.1\nContent-Length: 0")
    status, _, body = wire.response()
    assert (status, body) == (200, b"")


@pytest.mark.parametrize(
    "head",
    [
        "GET /hello HTTP/1.1\nBad Header: 1",
        "GET /hello HTTP/1.1\nX-Bad: a\x00b",
        "GET /caf\xe9 HTTP/1.1",
        "POST /echo HTTP/1.1\nContent-Length: ten",
        "POST /echo HTTP/1.1\nContent-Length: -1",
        "POST /echo HTTP/1.1\nContent-Length: 1\nContent-Length: 2",
        "POST /echo HTTP/1.1\nContent-Length: 5\nTransfer-Encoding: chunked",
        "GARBAGE",
    ],
)
def test_broken_request_is_refused_and_the_server_goes_on(server: Site, wire: Wire, head: str) -> None:
    wire.request(head, b"0\r\n\r\n")
    assert wire.at_end().startswith(b"HTTP/1.1 400")
    assert get(server, "/hello")[0] == 200


def test_head_that_never_ends_is_refused_with_memory_flat(server: Site, wire: Wire) -> None:
    memory = Memory(server)
    wire.send(b"GET /hello HTTP/1.1\r\nHost: localhost\r\nX-Endless: ")
    with suppress(ConnectionError):
        for _ in range(64):
            wire.send(b"x" * MEGABYTE)
            memory.look()
    memory.look()
    assert memory.growth < 16 * MEGABYTE
    assert get(server, "/hello")[0] == 200


def test_head_of_60_kilobytes_in_pieces_is_accepted(wire: Wire) -> None:
    wire.send(b"GET /hello HTTP/1.1\r\nHost: localhost\r\n")
    for number in range(60):
        wire.send(b"X-Piece-%d: %b\r\n" % (number, b"x" * 1000))
    wire.send(b"\r\n")
    assert wire.response()[0] == 200


def test_large_head_is_told_why_it_is_refused(wire: Wire) -> None:
    wire.send(b"GET /hello HTTP/1.1\r\nHost: localhost\r\nX-Large: " + b"x" * 66_000)
    assert wire.at_end().endswith(b"The request's head is too large.")


def test_invalid_utf8_in_path_and_query_is_no_error(server: Site) -> None:
    status, _, body = get(server, "/environ/%FF?a=%FF")
    assert status == 200
    assert json.loads(body)["path"] == "/environ/%FF"


def test_forwarded_address_and_scheme_are_believed_from_a_trusted_proxy_only(server: Site) -> None:
    lines = ("X-Forwarded-For: 203.0.113.7", "X-Forwarded-Proto: https")
    request = json.loads(get(server, "/environ", *lines)[2])
    assert (request["environ"]["REMOTE_ADDR"], request["scheme"]) == ("203.0.113.7", "https")
    spoofed = json.loads(get(server, "/environ", "X_Forwarded_For: 203.0.113.7")[2])
    assert spoofed["environ"]["REMOTE_ADDR"] == "127.0.0.1"


def test_header_that_http_cannot_carry_breaks_its_own_connection_only(server: Site, wire: Wire) -> None:
    wire.request("GET /control HTTP/1.1")
    assert HELLO not in wire.at_end()
    assert get(server, "/hello")[0] == 200


def test_stream_that_breaks_ends_without_the_last_chunk(server: Site, wire: Wire) -> None:
    wire.request("GET /stream/broken HTTP/1.1")
    answer = wire.at_end()
    assert b"begun" in answer
    assert not answer.endswith(b"0\r\n\r\n")
    assert get(server, "/hello")[0] == 200


def test_view_past_the_deadline_is_answered_503(server: Site) -> None:
    status, headers, body = get(server, "/sleep/4000")
    assert (status, headers["content-type"]) == (503, "application/problem+json")
    assert json.loads(body)["request_id"] == headers["x-request-id"]


def test_browser_that_leaves_midway_frees_its_thread_and_closes_the_stream(server: Site) -> None:
    before = len(closed_streams(server))
    for leave in (reset, lambda wire: wire.socket.close()):
        for _ in range(20):
            wire = Wire(server.port)
            wire.request("GET /stream/endless HTTP/1.1")
            wire.exactly(100_000)
            leave(wire)
    eventually(lambda: len(closed_streams(server)) == before + 40, what="every stream's end")


def test_browser_that_leaves_during_its_upload_frees_its_thread(server: Site) -> None:
    for _ in range(20):
        wire = Wire(server.port)
        wire.request("POST /count HTTP/1.1\nContent-Length: 1000000", b"x" * 100_000)
        reset(wire)
    assert all(get(server, "/hello")[0] == 200 for _ in range(20))


def test_download_of_200_megabytes_leaves_memory_flat(server: Site, wire: Wire) -> None:
    memory = Memory(server)
    wire.request("GET /stream/megabytes/200 HTTP/1.0")
    size = 0
    while data := wire.socket.recv(MEGABYTE):
        size += len(data)
        memory.look()
    assert size > 200 * MEGABYTE
    assert memory.growth < 32 * MEGABYTE


def test_download_that_nobody_reads_waits_with_bounded_memory(server: Site) -> None:
    memory = Memory(server)
    with Wire(server.port, receive_buffer=4096) as wire:
        wire.request("GET /stream/endless HTTP/1.1")
        wire.exactly(1000)
        for _ in range(50):
            assert get(server, "/hello")[0] == 200
            memory.look()
    assert memory.growth < 32 * MEGABYTE


def test_upload_of_200_megabytes_leaves_memory_flat(server: Site, wire: Wire) -> None:
    memory = Memory(server)
    wire.request(f"POST /count HTTP/1.1\nContent-Length: {200 * MEGABYTE}")
    for _ in range(200):
        wire.send(b"u" * MEGABYTE)
        memory.look()
    assert json.loads(wire.response()[2]) == {"size": 200 * MEGABYTE}
    assert memory.growth < 32 * MEGABYTE


def test_unknown_socket_is_refused_with_403(wire: Wire) -> None:
    wire.request(
        "GET /ws/nothing HTTP/1.1\nUpgrade: websocket\nConnection: Upgrade\n"
        "Sec-WebSocket-Version: 13\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
    )
    assert wire.until(b"\r\n").split()[1] == b"403"


class Memory:
    """The server's resident memory from here on."""

    def __init__(self, server: Site) -> None:
        self._process = psutil.Process(server.process.pid)
        self._before = self._peak = self._process.memory_info().rss

    def look(self) -> None:
        self._peak = max(self._peak, self._process.memory_info().rss)

    @property
    def growth(self) -> int:
        return self._peak - self._before
