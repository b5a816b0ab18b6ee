import asyncio
from typing import Any

import pytest

from perfsite.edge import outlet
from perfsite.edge.application import Edge
from tests.edge import views
from tests.edge.drive import Call, until

MEGABYTE = 1024 * 1024


async def test_stream_arrives_whole_and_in_order(edge: Edge) -> None:
    call = await Call(edge, "/stream/lines/20000").run()
    assert call.body == b"".join(b"line %d\n" % number for number in range(20_000))
    assert call.is_complete


async def test_small_chunks_of_a_fast_stream_are_sent_together(edge: Edge) -> None:
    call = await Call(edge, "/stream/lines/20000").run()
    assert len(call.sent) < 2_000


async def test_chunk_of_a_slow_stream_is_not_held_back(edge: Edge) -> None:
    call = Call(edge, "/stream/slow").begin()
    await until(lambda: call.body == b"first")
    assert not call.is_complete
    views.opened.set()
    await call.ended()
    assert (call.body, call.is_complete) == (b"firstsecond", True)


async def test_empty_stream_is_complete(edge: Edge) -> None:
    call = await Call(edge, "/stream/lines/0").run()
    assert (call.status, call.body, call.is_complete) == (200, b"", True)


async def test_stream_in_flight_is_bounded(make_edge: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made = 0

    def counted() -> Any:
        nonlocal made
        while True:
            made += 1
            yield views.CHUNK

    monkeypatch.setattr(views, "endless", counted)
    call = Call(make_edge(), "/stream/endless")
    call.accepts.clear()
    call.begin()
    await settled(lambda: made)
    assert made * len(views.CHUNK) <= MEGABYTE
    call.disconnect()
    call.accepts.set()
    await call.ended()


async def test_client_that_leaves_ends_the_stream_and_frees_its_thread(edge: Edge) -> None:
    calls = [Call(edge, "/stream/endless").begin() for _ in range(2)]
    for call in calls:
        await until(lambda call=call: len(call.body) > MEGABYTE)
        call.disconnect()
        await call.ended()
    await until(lambda: views.closed == ["endless", "endless"])
    assert (await Call(edge).run()).status == 200


async def test_client_that_stalls_ends_the_stream_and_frees_its_thread(
    edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outlet, "STALL_SECONDS", 0.05)
    call = Call(edge, "/stream/endless").begin()
    await until(lambda: len(call.body) > MEGABYTE)
    call.accepts.clear()
    await call.ended()
    assert not call.is_complete
    await until(lambda: views.closed == ["endless"])


async def test_task_that_is_cancelled_ends_the_stream(edge: Edge) -> None:
    call = Call(edge, "/stream/endless").begin()
    await until(lambda: len(call.body) > MEGABYTE)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call.ended()
    await until(lambda: views.closed == ["endless"])


async def test_stream_that_breaks_is_logged_and_does_not_look_complete(edge: Edge, caplog: Any) -> None:
    call = await Call(edge, "/stream/broken").run()
    assert (call.status, call.body, call.is_complete) == (200, b"begun", False)
    await until(lambda: "the stream broke" in caplog.text)


@pytest.mark.parametrize("size", [0, 1, 65_536])
async def test_small_file_is_sent_whole(edge: Edge, size: int) -> None:
    call = await Call(edge, f"/file/{size}").run()
    assert (call.status, len(call.body), len(call.sent)) == (200, size, 2)
    assert call.headers["content-length"] == str(size)


async def test_large_file_is_streamed_in_large_pieces(edge: Edge) -> None:
    call = await Call(edge, f"/file/{10 * MEGABYTE}").run()
    assert len(call.body) == 10 * MEGABYTE
    assert len(call.sent) <= 10 * MEGABYTE / 65_536 + 2


async def test_end_that_comes_late_sends_nothing_of_its_own(edge: Edge) -> None:
    call = Call(edge, "/stream/late").begin()
    await until(lambda: call.body == b"early")
    views.opened.set()
    await call.ended()
    assert [message.get("body") for message in call.sent] == [None, b"early", b""]


async def test_head_of_a_file_has_its_length_and_no_body(edge: Edge) -> None:
    call = await Call(edge, f"/file/{10 * MEGABYTE}", method="HEAD").run()
    assert (call.headers["content-length"], call.body) == (str(10 * MEGABYTE), b"")


async def settled(value: Any) -> None:
    """Wait until a value that a thread moves has stood still for a while."""
    seen, still = None, 0
    async with asyncio.timeout(20):
        while still < 20:
            await asyncio.sleep(0.01)
            seen, still = value(), still + 1 if value() == seen else 0
