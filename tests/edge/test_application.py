import sys
from threading import Event
from typing import Any

import pytest

from perfsite.asgi import application, pool
from perfsite.edge import request_id
from perfsite.edge.application import TURN_SECONDS, Edge, refuse_socket
from perfsite.edge.pool import Pool, pool_size
from perfsite.whole import AGAIN, EXTENSION
from tests.edge import views
from tests.edge.drive import Call, until


class Recorder:
    """A service that notes what happens to it."""

    def __init__(self, name: str, heard: list[str]) -> None:
        self.name, self.heard = name, heard

    def start(self) -> None:
        self.heard.append(f"start {self.name}")

    def stop(self) -> None:
        self.heard.append(f"stop {self.name}")


class Hit:
    """An answer that is there."""

    started = 0.0

    def write(self, write: Any, visit: Any) -> None:
        write(b"304", request_id.current.get().encode(), b"")

    async def send(self, send: Any, visit: Any) -> None:
        await send({"type": "http.response.start", "status": 304, "headers": []})
        await send({"type": "http.response.body", "body": request_id.current.get().encode()})


class Path:
    """A response path that has one thing in memory, another in the store."""

    def __init__(self, near: Hit | None = None, sought: Hit | None = None) -> None:
        self._near, self._sought = near, sought

    def near(self, scope: Any, headers: Any) -> Hit | None:
        return self._near

    async def sought(self, scope: Any, headers: Any) -> Hit | None:
        return self._sought


async def test_response_path_that_answers_keeps_django_out(make_edge: Any) -> None:
    edge = make_edge(response_path=Path(sought=Hit()))
    call = await Call(edge, headers=[(b"x-request-id", b"mine")]).run()
    assert (call.status, call.body) == (304, b"mine")
    assert views.entered == []


async def test_response_path_that_declines_lets_django_answer(make_edge: Any) -> None:
    call = await Call(make_edge(response_path=Path())).run()
    assert call.body == b"hello nothing"


async def test_what_is_in_memory_is_given_out_at_once_and_nothing_else(make_edge: Any) -> None:
    written: list[tuple[bytes, ...]] = []
    at_once: Any = {EXTENSION: lambda *pieces: written.append(pieces), "headers": [(b"x-request-id", b"mine")]}
    for path in (Path(sought=Hit()), Path(), None):
        await Call(make_edge(response_path=path), **at_once).run()
    assert written == []
    call = await Call(make_edge(response_path=Path(near=Hit())), **at_once).run()
    assert written == [(b"304", b"mine", b"")]
    assert (call.sent, views.entered) == ([], [])


async def test_what_came_before_is_looked_up_anew(make_edge: Any) -> None:
    path, written = Path(near=Hit()), []
    call = await Call(make_edge(response_path=path), **{EXTENSION: lambda *_: None}).run()
    mine = request_id.current.get()
    call.scope[AGAIN](lambda *pieces: written.append(pieces))
    assert len(written) == 1
    assert request_id.current.get() == mine, "it is asked again in a context of its own"
    path._near = None
    call.scope[AGAIN](lambda *pieces: written.append(pieces))
    assert len(written) == 1


async def test_services_live_with_the_server_and_stop_in_reverse() -> None:
    heard: list[str] = []
    edge = Edge(bridge=refuse_socket, sockets=refuse_socket, services=[Recorder("a", heard), Recorder("b", heard)])
    call = Call(edge, type="lifespan").begin()
    await until(lambda: call.sent)
    assert call.sent == [{"type": "lifespan.startup.complete"}]
    assert heard == ["start a", "start b"]
    call.upload(b"", more=False)
    await call.ended()
    assert call.sent[-1] == {"type": "lifespan.shutdown.complete"}
    assert heard[2:] == ["stop b", "stop a"]


async def test_threads_of_a_server_take_turns_sooner() -> None:
    call = Call(Edge(bridge=refuse_socket, sockets=refuse_socket), type="lifespan").begin()
    await until(lambda: call.sent)
    assert sys.getswitchinterval() == pytest.approx(TURN_SECONDS)
    call.upload(b"", more=False)
    await call.ended()


async def test_socket_that_nobody_serves_is_closed_before_it_opens() -> None:
    call = await Call(application, "/ws/nothing", type="websocket").run()
    assert call.sent == [{"type": "websocket.close"}]


@pytest.mark.django_db(transaction=True)  # its services read the database in threads of their own
async def test_whole_application_answers_between_its_start_and_its_end() -> None:
    life = Call(application, type="lifespan").begin()
    await until(lambda: life.sent)
    try:
        assert (await Call(application).run()).body == b"hello nothing"
    finally:
        life.upload(b"", more=False)
        await life.ended()
    assert life.sent[-1] == {"type": "lifespan.shutdown.complete"}
    assert pool.waiting == 0


async def test_pool_is_bounded_by_the_database_and_by_what_helps() -> None:
    assert [pool_size(limit) for limit in (4, 10, 18, 20, 1000)] == [2, 8, 16, 16, 16]


async def test_stopped_pool_drops_what_waits_and_does_not_wait_for_what_hangs() -> None:
    pool, ran, finished = Pool(size=1), [], Event()
    pool.start()
    pool.submit(lambda: (views.opened.wait(30), finished.set()))
    pool.submit(lambda: ran.append("dropped"))
    await until(lambda: pool.waiting == 1)
    pool.stop(grace_seconds=0.05)
    views.opened.set()
    assert finished.wait(20)
    pool.start()
    pool.submit(lambda: ran.append("started again"))
    await until(lambda: ran)
    pool.stop()
    assert ran == ["started again"]
