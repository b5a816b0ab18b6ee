import asyncio
from typing import Any

import pytest

from perfsite.edge import departure, watch
from perfsite.edge.application import Edge
from perfsite.edge.pool import Pool
from tests.edge import views
from tests.edge.drive import Call, until


async def test_view_past_the_deadline_is_answered_503_with_retry_after(make_edge: Any) -> None:
    call = await Call(make_edge(timeout_seconds=0.05), "/wait").run()
    assert (call.status, call.headers["retry-after"]) == (503, "5")
    assert call.headers["content-type"] == "application/problem+json"
    problem = call.json()
    assert set(problem) == {"type", "title", "status", "detail", "request_id"}
    assert (problem["status"], problem["detail"]) == (503, "No answer within 0.05 seconds.")
    assert problem["request_id"] == call.headers["x-request-id"]


async def test_late_answer_is_discarded_and_its_thread_serves_again(make_edge: Any) -> None:
    edge = make_edge(timeout_seconds=0.05)
    calls = [await Call(edge, "/wait").run() for _ in range(2)]
    views.opened.set()
    assert (await Call(make_edge()).run()).status == 200
    assert [len(call.sent) for call in calls] == [2, 2]


async def test_late_stream_is_closed(make_edge: Any) -> None:
    call = await Call(make_edge(timeout_seconds=0.05), "/wait-then-stream").run()
    assert call.status == 503
    views.opened.set()
    await until(lambda: views.closed == ["late"])


async def test_stream_may_last_longer_than_the_deadline(make_edge: Any) -> None:
    call = Call(make_edge(timeout_seconds=0.2), "/stream/endless").begin()
    await until(lambda: call.body)
    loop = asyncio.get_running_loop()
    begun = loop.time()
    await until(lambda: loop.time() - begun > 0.5)
    taken = len(call.body)
    await until(lambda: len(call.body) > taken)
    assert call.status == 200
    call.disconnect()
    await call.ended()


async def test_request_that_waits_past_its_deadline_never_enters_django(make_edge: Any, pool: Pool) -> None:
    busy = [Call(make_edge(), "/wait").begin() for _ in range(pool.size)]
    await until(lambda: len(views.entered) == pool.size)
    late = await Call(make_edge(timeout_seconds=0.05), "/hello").run()
    assert late.status == 503
    views.opened.set()
    for call in busy:
        await call.ended()
    await until(lambda: pool.waiting == 0)
    assert "/hello" not in views.entered


async def test_request_whose_client_leaves_while_it_waits_never_enters_django(edge: Edge, pool: Pool) -> None:
    busy = [Call(edge, "/wait").begin() for _ in range(pool.size)]
    await until(lambda: len(views.entered) == pool.size)
    left = Call(edge, "/hello").begin()
    await until(lambda: pool.waiting == 1)
    left.disconnect()
    await left.ended()
    assert left.sent == []
    views.opened.set()
    for call in busy:
        await call.ended()
    assert "/hello" not in views.entered


async def test_request_whose_client_leaves_during_the_view_is_not_answered(edge: Edge) -> None:
    call = Call(edge, "/wait").begin()
    await until(lambda: views.entered)
    call.disconnect()
    await call.ended()
    assert call.sent == []


async def test_request_that_is_cancelled_while_it_waits_never_enters_django(edge: Edge, pool: Pool) -> None:
    busy = [Call(edge, "/wait").begin() for _ in range(pool.size)]
    await until(lambda: len(views.entered) == pool.size)
    cancelled = Call(edge, "/hello").begin()
    await until(lambda: pool.waiting == 1)
    cancelled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cancelled.ended()
    views.opened.set()
    for call in busy:
        await call.ended()
    assert "/hello" not in views.entered


async def test_too_many_waiting_requests_are_refused_at_once(edge: Edge, pool: Pool, low_waiting_limit: int) -> None:
    busy = [Call(edge, "/wait").begin() for _ in range(pool.size)]
    await until(lambda: len(views.entered) == pool.size)
    waiting = [Call(edge).begin() for _ in range(low_waiting_limit)]
    await until(lambda: pool.waiting == low_waiting_limit)
    refused = await Call(edge).run()
    assert (refused.status, refused.headers["retry-after"]) == (503, "1")
    assert refused.json()["detail"] == "Too many requests are waiting."
    views.opened.set()
    for call in [*busy, *waiting]:
        assert (await call.ended()).status == 200


async def test_quick_request_is_asked_for_no_body_and_never_watched(
    edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (watch, departure):
        monkeypatch.setattr(module, "QUIET_SECONDS", 60)  # quick even where the machine is busy
    call = await Call(edge).run()
    assert (call.status, call.asked) == (200, 0)
