from threading import Event
from typing import Any

import pytest

from perfsite.asgi import application, pool
from perfsite.edge import request_id
from perfsite.edge.application import Edge, refuse_socket
from perfsite.edge.pool import Pool, pool_size
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


async def test_response_path_that_answers_keeps_django_out(make_edge: Any) -> None:
    async def hit(scope: Any, receive: Any, send: Any) -> bool:
        await send({"type": "http.response.start", "status": 304, "headers": []})
        await send({"type": "http.response.body", "body": request_id.current.get().encode()})
        return True

    call = await Call(make_edge(response_path=hit), headers=[(b"x-request-id", b"mine")]).run()
    assert (call.status, call.body) == (304, b"mine")
    assert views.entered == []


async def test_response_path_that_declines_lets_django_answer(make_edge: Any) -> None:
    async def miss(scope: Any, receive: Any, send: Any) -> bool:
        return False

    call = await Call(make_edge(response_path=miss)).run()
    assert call.body == b"hello nothing"


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
