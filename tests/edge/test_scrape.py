"""Prometheus at the edge: answered beside Django, by the token alone."""

import gzip
from typing import Any

import pytest
from django.conf import settings as current

from perfsite.edge.application import Edge, refuse_socket
from perfsite.edge.protocol import Receive, Scope, Send
from perfsite.edge.scrape import PATH, Scrape
from tests.edge import views
from tests.edge.conftest import THREADS
from tests.edge.drive import Call, until

TOKEN = "a token of the edge"
BEARER = (b"authorization", f"Bearer {TOKEN}".encode())


async def django(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 418, "headers": []})
    await send({"type": "http.response.body", "body": b"Django"})


@pytest.fixture
def edge(settings: Any) -> Edge:
    settings.METRICS_TOKEN = TOKEN
    return Edge(bridge=django, sockets=refuse_socket, aside={PATH: Scrape()})


async def test_the_token_is_answered_without_django(edge: Edge) -> None:
    call = await Call(edge, PATH, headers=[BEARER]).run()
    assert call.status == 200
    assert call.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert call.headers["cache-control"] == "no-store"
    assert int(call.headers["content-length"]) == len(call.body)
    assert call.headers["x-request-id"]


async def test_the_edge_answers_in_the_form_asked_for(edge: Edge) -> None:
    wanted = [(b"accept", b"application/openmetrics-text;version=1.0.0"), (b"accept-encoding", b"gzip")]
    call = await Call(edge, PATH, headers=[BEARER, *wanted]).run()
    assert call.headers["content-type"].startswith("application/openmetrics-text")
    assert call.headers["content-encoding"] == "gzip"
    assert gzip.decompress(call.body).endswith(b"# EOF\n")


@pytest.mark.parametrize(
    "headers",
    [[], [(b"authorization", b"Bearer wrong")], [(b"cookie", b"sessionid=mine")], [(b"authorization", b"\xff\xfe")]],
)
async def test_others_are_left_to_django(edge: Edge, headers: list[tuple[bytes, bytes]]) -> None:
    call = await Call(edge, PATH, headers=headers).run()
    assert (call.status, call.body) == (418, b"Django")


@pytest.mark.parametrize(("method", "path"), [("POST", PATH), ("HEAD", PATH), ("GET", "/metrics/"), ("GET", "/")])
async def test_other_requests_are_left_to_django(edge: Edge, method: str, path: str) -> None:
    call = await Call(edge, path, method=method, headers=[BEARER]).run()
    assert call.status == 418


async def test_without_a_token_set_everything_is_left_to_django(edge: Edge, settings: Any) -> None:
    settings.METRICS_TOKEN = ""
    assert current.METRICS_TOKEN == ""
    call = await Call(edge, PATH, headers=[(b"authorization", b"Bearer ")]).run()
    assert call.status == 418


async def test_it_is_answered_while_every_thread_waits(make_edge: Any, settings: Any) -> None:
    settings.METRICS_TOKEN = TOKEN
    edge = make_edge(aside={PATH: Scrape()})
    waiting = [Call(edge, "/wait").begin() for _ in range(THREADS * 2)]
    await until(lambda: len(views.entered) == THREADS)
    call = await Call(edge, PATH, headers=[BEARER]).run()
    assert call.status == 200
    assert not any(one.sent for one in waiting), "Django answers nobody"
    views.opened.set()
    for one in waiting:
        assert (await one.ended()).status == 200
