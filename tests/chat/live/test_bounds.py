"""The bucket and the outbox: what they let through, what they hold."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.chat.live.bucket import Bucket
from apps.chat.live.connection import Connection
from apps.chat.live.frames import Frame, frame, message_frame
from apps.chat.live.limits import RESUME
from apps.chat.live.outbox import Outbox
from apps.chat.live.session import Identity


def test_bucket_gives_a_burst_then_the_rate() -> None:
    bucket = Bucket(0.0)
    assert [bucket.take(0.0, per_second=1, burst=3) for _ in range(4)] == [True, True, True, False]
    assert [bucket.take(1.0, per_second=1, burst=3) for _ in range(2)] == [True, False]
    assert [bucket.take(99.0, per_second=1, burst=3) for _ in range(4)] == [True, True, True, False]


@given(st.lists(st.floats(0, 0.5), min_size=1, max_size=300), st.floats(0.5, 50), st.integers(1, 40))
def test_bucket_never_gives_more_than_burst_and_rate_allow(gaps: list[float], rate: float, burst: int) -> None:
    bucket, now, given_out = Bucket(0.0), 0.0, 0
    for gap in gaps:
        now += gap
        given_out += bucket.take(now, per_second=rate, burst=burst)
        assert given_out <= burst + now * rate + 1e-6


async def test_outbox_gives_frames_in_order_and_counts_what_waits() -> None:
    outbox = Outbox(0.0)
    assert outbox.put(Frame("a", 1), now=1.0, limit_bytes=3)
    assert outbox.put(Frame("bb", 2), now=2.0, limit_bytes=3)
    assert not outbox.put(Frame("c", 1), now=3.0, limit_bytes=3)
    assert (outbox.size, outbox.filled_at) == (3, 2.0)
    assert [await outbox.next(), await outbox.next()] == ["a", "bb"]
    assert outbox.size == 0


async def test_empty_outbox_takes_a_frame_of_any_size() -> None:
    outbox = Outbox(0.0)
    waiting = asyncio.create_task(outbox.next())
    await asyncio.sleep(0)
    assert outbox.put(Frame("long", 4), now=0.0, limit_bytes=3)
    assert await waiting == "long"


async def test_outbox_that_is_cleared_between_the_waking_and_the_turn_waits_on() -> None:
    outbox = Outbox(0.0)
    waiting = asyncio.create_task(outbox.next())
    await asyncio.sleep(0)
    outbox.put(Frame("dropped", 7), now=0.0, limit_bytes=9)
    outbox.clear()
    await asyncio.sleep(0)
    outbox.put(Frame("kept", 4), now=0.0, limit_bytes=9)
    assert await waiting == "kept"


def test_connection_over_its_bound_ends_once_and_takes_nothing_more() -> None:
    ended: list[str] = []
    connection = Connection(identity=Identity(user_id=1, name="ann"), session_key="k", clock=lambda: 0.0)
    connection.on_end = lambda: ended.append("ended")
    for _ in range(3):
        connection.put(Frame("x", 900_000))
    connection.end(1000, "again")
    assert connection.ending is not None
    assert (connection.ending[0], ended, connection.outbox.size) == (RESUME, ["ended"], 0)


@pytest.mark.parametrize("text", ["plain", "h\u00e9llo \U0001f600"])
def test_frame_knows_its_size_in_bytes(text: str) -> None:
    for made in (frame("x", conversation=1, text=text, left_out=None), message_frame(1, 2, f'{{"text":"{text}"}}')):
        assert made.size == len(made.text.encode())
    assert "left_out" not in frame("x", left_out=None).text
