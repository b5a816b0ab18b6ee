"""Streams: whoever joins gets every piece once and in order, from this process or from another."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from apps.backplane.connections import redis_client
from apps.backplane.local import LocalBus
from apps.backplane.seal import Seal
from apps.deduplication.exceptions import StreamBrokenError
from apps.deduplication.flights.memory import MemoryStore
from apps.deduplication.flights.policy import FlightPolicy
from apps.deduplication.flights.scope import Scope
from apps.deduplication.flights.shared import SharedStore, stream_key
from apps.deduplication.flights.stream import stream
from apps.deduplication.flights.table import Table

WHOLE = [b"piece %d" % number for number in range(40)]


class Source:
    """Work in pieces, as many as the test lets through."""

    def __init__(self, table: Table, scope: Scope, **knobs: Any) -> None:
        self.table, self.scope, self.policy = table, scope, replace(FlightPolicy(), **knobs)
        self.allowed, self.runs, self.is_closed = 0, 0, False
        self.error: Exception | None = None

    async def work(self) -> AsyncIterator[bytes]:
        self.runs += 1
        try:
            for number, piece in enumerate(WHOLE):
                while number >= self.allowed:  # noqa: ASYNC110  (the test opens it step by step)
                    await asyncio.sleep(0.001)
                if self.error is not None and number == 5:
                    raise self.error
                yield piece
        finally:
            self.is_closed = True

    def on(self, table: Table) -> AsyncIterator[bytes]:
        return stream(table, self.scope, self.scope.digest("k"), self.work, policy=self.policy)

    def read(self, table: Table | None = None) -> "Reader":
        return Reader(self.on(table or self.table))


class Reader:
    """Follows a stream in a task; what it has got so far can be looked at."""

    def __init__(self, pieces: AsyncIterator[bytes]) -> None:
        self.got: list[bytes] = []
        self.task = asyncio.create_task(self._follow(pieces))

    async def _follow(self, pieces: Any) -> list[bytes]:
        async with aclosing(pieces) as source:
            async for piece in source:
                self.got.append(piece)
        return self.got

    async def until(self, count: int) -> None:
        async with asyncio.timeout(20):
            while len(self.got) < count:  # noqa: ASYNC110  (what other threads bring)
                await asyncio.sleep(0.002)

    async def whole(self) -> list[bytes]:
        async with asyncio.timeout(20):
            return await self.task


@pytest.fixture
def source(table: Table, scope: Scope) -> Source:
    """Work on the usual table."""
    return Source(table, scope)


@pytest.fixture(params=["memory", "shared"])
def pair(request: pytest.FixtureRequest, make_table: Callable[..., Table]) -> Iterator[tuple[Table, Table]]:
    """Two tables that are processes to each other."""
    if request.param == "memory":
        store = MemoryStore(time.monotonic)
        yield make_table(store), make_table(store)
        return
    bus = LocalBus()
    bus.start()
    url = request.getfixturevalue("redis_url")
    with redis_client(url, purpose="test", timeout_seconds=5, connections=20) as client:
        made = [make_table(SharedStore(client, bus, lambda: Seal(["secret"]))) for _ in range(2)]
        yield made[0], made[1]
        for table in made:
            table.stop()
    bus.stop()


async def test_who_joins_late_gets_all_pieces_and_then_follows(source: Source) -> None:
    first = source.read()
    source.allowed = 10
    await first.until(10)
    late = source.read()
    await late.until(10)
    source.allowed = 40
    assert await first.whole() == WHOLE
    assert await late.whole() == WHOLE
    assert (source.runs, source.scope.tally.leaders, source.scope.tally.waiters) == (1, 1, 1)


async def test_between_processes_nothing_is_missing_and_nothing_comes_twice(
    pair: tuple[Table, Table], scope: Scope
) -> None:
    source = Source(pair[0], scope)
    first = source.read()
    source.allowed = 7
    await first.until(7)
    far = [source.read(pair[1]) for _ in range(3)]
    for reader in far:
        await reader.until(7)
    for allowed in range(8, 41):
        source.allowed = allowed
        await first.until(allowed)
    late = source.read(pair[1])
    for reader in (first, *far):
        assert await reader.whole() == WHOLE
    assert (await late.whole())[:1] == WHOLE[:1]


async def test_the_leaders_caller_leaving_stops_nobody_else(pair: tuple[Table, Table], scope: Scope) -> None:
    source = Source(pair[0], scope)
    first = source.read()
    source.allowed = 3
    await first.until(3)
    near, far = source.read(), source.read(pair[1])
    await far.until(3)
    await near.until(3)
    first.task.cancel()
    source.allowed = 40
    assert await near.whole() == WHOLE
    assert await far.whole() == WHOLE
    assert source.runs == 1


async def test_the_last_to_leave_ends_the_work(source: Source) -> None:
    reader = source.read()
    source.allowed = 3
    await reader.until(3)
    reader.task.cancel()
    async with asyncio.timeout(20):
        while not source.is_closed:  # noqa: ASYNC110  (the work's own doing)
            await asyncio.sleep(0.002)
    assert source.runs == 1


async def test_a_stream_waits_longer_than_other_callers_do(table: Table, scope: Scope) -> None:
    source = Source(table, scope, wait_seconds=0.25, lease_seconds=0.2, deadline_seconds=0.5)
    first, other = source.read(), source.read()
    begun = time.monotonic()
    for allowed in range(1, 41):
        source.allowed = allowed
        await other.until(allowed)
        async with asyncio.timeout(20):
            while time.monotonic() < begun + allowed * 0.02:  # noqa: ASYNC110  (a slow source)
                await asyncio.sleep(0.005)
    assert time.monotonic() - begun > source.policy.deadline_seconds
    source.allowed = 40
    assert await first.whole() == await other.whole() == WHOLE


async def test_an_error_comes_after_the_pieces_before_it(pair: tuple[Table, Table], scope: Scope) -> None:
    source = Source(pair[0], scope)
    source.error, source.allowed = ValueError("cut"), 4
    first = source.read()
    await first.until(4)
    near, far = source.read(), source.read(pair[1])
    await far.until(4)
    await near.until(4)
    source.allowed = 40
    for reader in (first, near, far):
        with pytest.raises(Exception, match="cut"):
            await reader.whole()
        assert reader.got == WHOLE[:5]


async def test_a_stream_that_was_begun_is_broken_by_the_loss_of_its_leader(
    pair: tuple[Table, Table], scope: Scope
) -> None:
    source = Source(pair[0], scope)
    first = source.read()
    source.allowed = 3
    await first.until(3)
    far = source.read(pair[1])
    await far.until(3)
    (aloft,) = pair[0].aloft()
    await asyncio.to_thread(pair[0].revoke, aloft.place.digest, aloft.flight.round)
    with pytest.raises(StreamBrokenError):
        await far.whole()
    source.allowed = 40
    assert await first.whole() == WHOLE


async def test_who_has_no_piece_yet_follows_the_successor(pair: tuple[Table, Table], scope: Scope) -> None:
    source = Source(pair[0], scope)
    first, near = source.read(), source.read()
    async with asyncio.timeout(20):
        while not source.runs:  # noqa: ASYNC110  (the work's own doing)
            await asyncio.sleep(0.002)
    (aloft,) = pair[0].aloft()
    await asyncio.to_thread(pair[0].revoke, aloft.place.digest, aloft.flight.round)
    async with asyncio.timeout(20):
        while source.runs < 2:  # noqa: ASYNC110  (the work's own doing)
            await asyncio.sleep(0.002)
    source.allowed = 40
    assert await first.whole() == await near.whole() == WHOLE


async def test_a_stream_is_bounded(table: Table, scope: Scope) -> None:
    source = Source(table, scope, value_bytes=1_000)
    source.allowed = 40
    reader = Reader(stream(table, scope, "d", lambda: _endless(b"x" * 100), policy=source.policy))
    with pytest.raises(StreamBrokenError, match="grew over 1000 bytes"):
        await reader.whole()
    assert len(reader.got) <= 11


async def _endless(piece: bytes) -> AsyncIterator[bytes]:
    while True:
        yield piece
        await asyncio.sleep(0)


async def test_over_the_bound_of_the_table_a_stream_runs_unshared(table: Table, scope: Scope) -> None:
    source = Source(table, scope, table_size=1)
    first = source.read()
    other = Reader(stream(table, scope, "other", source.work, policy=source.policy))
    source.allowed = 40
    assert await other.whole() == await first.whole() == WHOLE
    assert (source.runs, scope.tally.unshared) == (2, 1)


@pytest.mark.parametrize("pair", ["shared"], indirect=True)
async def test_a_forged_piece_breaks_the_stream(pair: tuple[Table, Table], scope: Scope, redis_url: str) -> None:
    source = Source(pair[0], scope)
    first = source.read()
    source.allowed = 3
    await first.until(3)
    (aloft,) = pair[0].aloft()
    key = stream_key(aloft.place, aloft.flight.token)
    with redis_client(redis_url, purpose="test", timeout_seconds=5) as client:
        async with asyncio.timeout(20):
            while client.llen(key) < 3:  # noqa: ASYNC110  (the leader's readers have a piece before the store has it)
                await asyncio.sleep(0.002)
        client.lset(key, 1, client.lindex(key, 0))
    far = source.read(pair[1])
    await far.until(1)
    source.allowed = 40
    with pytest.raises(StreamBrokenError, match="missing"):
        await far.whole()
    assert far.got == WHOLE[:1]
    assert await first.whole() == WHOLE


async def test_who_has_read_of_a_lead_that_is_taken_away_is_told_and_its_pilot_goes_on(
    table: Table, scope: Scope
) -> None:
    source = Source(table, scope)
    source.allowed = 3
    first = source.read()
    await first.until(3)
    second = source.read()
    await second.until(3)
    (aloft,) = table.aloft()
    table.put(partial(table.revoke, aloft.place.digest, aloft.flight.token))
    with pytest.raises(StreamBrokenError, match="leader is gone"):
        await second.whole()
    source.allowed = 40
    assert await first.whole() == WHOLE


async def test_the_scope_streams_and_bypasses(scope: Scope) -> None:
    from apps.deduplication.flights.current import stop_table

    source = Source(None, scope)  # type: ignore[arg-type]
    source.allowed = 40
    assert [piece async for piece in scope.stream("k", source.work)] == WHOLE
    assert [piece async for piece in scope.stream("k", source.work, is_shared=False)] == WHOLE
    assert (scope.tally.leaders, scope.tally.unshared) == (1, 1)
    stop_table()
