from collections.abc import Iterator
from typing import Any

import pytest
from django.core.signals import got_request_exception, request_finished, request_started

from perfsite.edge.application import Edge
from tests.edge import views
from tests.edge.drive import Call, until

Signals = list[str]


@pytest.fixture
def heard() -> Iterator[Signals]:
    """Note each of Django's request signals."""
    names = {"started": request_started, "finished": request_finished, "exception": got_request_exception}
    heard: Signals = []
    receivers = {name: lambda _name=name, **_: heard.append(_name) for name in names}
    for name, receiver in receivers.items():
        names[name].connect(receiver)
    yield heard
    for name, receiver in receivers.items():
        names[name].disconnect(receiver)


class FailingMiddleware:
    """A middleware that fails on its way in."""

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> Any:
        raise ValueError("the middleware failed")


async def test_answer_is_whole_and_has_its_length(edge: Edge) -> None:
    call = await Call(edge).run()
    assert (call.status, call.body) == (200, b"hello nothing")
    assert call.headers["content-length"] == "13"
    assert len(call.sent) == 2


async def test_head_has_the_headers_of_get_and_no_body(edge: Edge) -> None:
    get, head = await Call(edge).run(), await Call(edge, method="HEAD").run()
    varying = {"x-request-id", "server-timing"}
    assert {k: v for k, v in head.headers.items() if k not in varying} == {
        k: v for k, v in get.headers.items() if k not in varying
    }
    assert head.body == b""


async def test_head_of_a_stream_does_not_iterate_it(edge: Edge) -> None:
    call = await Call(edge, "/stream/endless", method="HEAD").run()
    assert (call.status, call.body, call.is_complete) == (200, b"", True)


async def test_cookies_are_headers_of_their_own(edge: Edge) -> None:
    call = await Call(edge, "/bare").run()
    cookies = [value for name, value in call.sent[0]["headers"] if name.lower() == b"set-cookie"]
    assert call.status == 204
    assert [cookie.split(b"=")[0].strip() for cookie in cookies] == [b"one", b"two"]


async def test_context_is_carried_into_the_thread_and_not_back(edge: Edge) -> None:
    token = views.carried.set("from the loop")
    try:
        call = await Call(edge).run()
    finally:
        views.carried.reset(token)
    assert call.body == b"hello from the loop"
    assert (await Call(edge).run()).body == b"hello nothing"


async def test_signals_come_once_for_an_ordinary_answer(edge: Edge, heard: Signals) -> None:
    await Call(edge).run()
    assert heard == ["started", "finished"]


async def test_view_that_fails_is_500_with_its_signals(edge: Edge, heard: Signals) -> None:
    call = await Call(edge, "/fail").run()
    assert call.status == 500
    assert heard == ["started", "exception", "finished"]


async def test_middleware_that_fails_is_500_with_its_signals(make_edge: Any, heard: Signals, settings: Any) -> None:
    settings.MIDDLEWARE = ["tests.edge.test_answers.FailingMiddleware", *settings.MIDDLEWARE]
    call = await Call(make_edge()).run()
    assert call.status == 500
    assert heard == ["started", "exception", "finished"]


async def test_stream_has_its_signals_once_and_at_its_end(edge: Edge, heard: Signals) -> None:
    call = Call(edge, "/stream/slow").begin()
    await until(lambda: call.body == b"first")
    assert heard == ["started"]
    views.opened.set()
    await call.ended()
    assert heard == ["started", "finished"]


async def test_view_that_exits_is_500_and_costs_no_thread(edge: Edge, caplog: Any) -> None:
    calls = [await Call(edge, "/leave").run() for _ in range(4)]
    assert [call.status for call in calls] == [500] * 4
    assert calls[0].headers["content-type"] == "application/problem+json"
    assert calls[0].json()["request_id"] == calls[0].headers["x-request-id"]
    assert "the view left" in caplog.text
    assert (await Call(edge).run()).status == 200


async def test_receiver_that_fails_is_500_and_costs_no_thread(edge: Edge, caplog: Any) -> None:
    def fail(**_: Any) -> None:
        raise ValueError("the receiver failed")

    for signal in (request_started, request_finished):
        signal.connect(fail)
        try:
            calls = [await Call(edge).run() for _ in range(4)]
        finally:
            signal.disconnect(fail)
        assert [call.status for call in calls] == [500] * 4
    assert "the receiver failed" in caplog.text
    assert (await Call(edge).run()).status == 200


async def test_response_without_a_length_is_sent_whole(make_edge: Any, settings: Any) -> None:
    settings.MIDDLEWARE = []
    call = await Call(make_edge()).run()
    assert "content-length" not in call.headers
    assert (call.body, len(call.sent), call.is_complete) == (b"hello nothing", 2, True)


async def test_header_that_no_protocol_can_carry_is_left_to_the_server(edge: Edge) -> None:
    call = await Call(edge, "/control").run()
    assert call.headers["x-bad"] == "a\x01b"
