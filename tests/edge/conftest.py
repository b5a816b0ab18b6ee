"""The edge around the tests' own views, with a pool of two threads."""

import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from celery.worker import state

from perfsite.edge import bridge as bridge_module
from perfsite.edge import watch
from perfsite.edge.application import Edge, refuse_socket
from perfsite.edge.bridge import Bridge
from perfsite.edge.handler import Handler
from perfsite.edge.joining import Joining
from perfsite.edge.pool import Pool
from tests.edge import views

THREADS = 2
SPOOL_LIMIT_BYTES = 1_000_000


@pytest.fixture(autouse=True)
def told_by_nobody(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let no later test of this process find that a worker was told to end, or how threads of a server take turns."""
    monkeypatch.setattr(state, "should_stop", None)
    usual = sys.getswitchinterval()
    yield
    sys.setswitchinterval(usual)


@pytest.fixture(autouse=True)
def fresh_views(settings: Any) -> Iterator[None]:
    """Send requests to the tests' views, and let none of them wait past its test."""
    settings.ROOT_URLCONF = "tests.edge.urls"
    views.opened.clear()
    views.closed.clear()
    views.noted_requests.clear()
    views.held.clear()
    views.entered.clear()
    yield
    views.opened.set()


@pytest.fixture
def pool() -> Iterator[Pool]:
    """Two running threads."""
    pool = Pool(size=THREADS)
    pool.start()
    yield pool
    views.opened.set()
    pool.stop()


@pytest.fixture
def make_edge(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Edge]:
    """Make an edge with its own timeout; its clock ticks fast."""
    monkeypatch.setattr(watch, "QUIET_SECONDS", 0.01)

    def make(*, timeout_seconds: float = 30, handler: Any = None, **options: Any) -> Edge:
        bridge = Bridge(
            handler or Handler(), pool, timeout_seconds=timeout_seconds, spool_limit_bytes=SPOOL_LIMIT_BYTES
        )
        return Edge(bridge=Joining(bridge), sockets=refuse_socket, **options)

    return make


@pytest.fixture
def edge(make_edge: Callable[..., Edge]) -> Edge:
    """The edge as it serves."""
    return make_edge()


@pytest.fixture
def low_waiting_limit(monkeypatch: pytest.MonkeyPatch) -> int:
    """Let two requests wait, no more."""
    monkeypatch.setattr(bridge_module, "WAITING_LIMIT", 2)
    return 2
