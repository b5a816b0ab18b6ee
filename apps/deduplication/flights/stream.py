"""A flight whose result comes in pieces: whoever joins gets all of them from the first, then follows.

The flight itself is an ordinary one: its work pumps the pieces into the log, and its value is how many there are.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing

from apps.deduplication.exceptions import StreamBrokenError
from apps.deduplication.flights import errors
from apps.deduplication.flights.aloft import Aloft, Scope
from apps.deduplication.flights.callers import LoopCaller
from apps.deduplication.flights.log import Log
from apps.deduplication.flights.policy import FlightPolicy
from apps.deduplication.flights.table import Table, aboard

StreamWork = Callable[[], AsyncIterator[bytes]]
errors.shareable("deduplication.stream_broken", StreamBrokenError)


async def stream(
    table: Table, scope: Scope, digest: str, work: StreamWork, *, policy: FlightPolicy
) -> AsyncIterator[bytes]:
    """Yield the pieces that the work yields, run in this loop or by another caller.

    There is no limit to the whole: how long the first piece or the next may take is the work's to say. Raises what the
    work raises, or StreamBrokenError when a stream that was begun cannot be continued.
    """
    cursor, token, is_done = 0, "", False
    while not is_done:
        flight = _Passenger(table, scope, digest, work, policy)
        if flight.aloft is None:
            table.count(scope.tally.ran_unshared)
            async for piece in work():
                yield piece
            return
        try:
            async for piece in flight.pieces(cursor, token):
                token, cursor = flight.log.round, cursor + 1
                yield piece
            is_done = flight.is_done(cursor)
        finally:
            flight.leave()


class _Passenger:
    """One caller on one flight."""

    def __init__(self, table: Table, scope: Scope, digest: str, work: StreamWork, policy: FlightPolicy) -> None:
        self._table, self._scope, self._work = table, scope, work
        self._caller = LoopCaller(self._pump)
        is_nested = digest in aboard.get()
        self.aloft = None if is_nested else table.board(scope, digest, policy, self._caller, is_stream=True)[0]
        shared = self.aloft.log if self.aloft is not None else None
        self.log = Log() if shared is None else shared

    async def pieces(self, cursor: int, token: str) -> AsyncIterator[bytes]:
        """Yield what comes until the flight has an outcome for us and all its pieces are read."""
        ready = self.log.listen()
        self._caller.future.add_done_callback(lambda _: ready.set())
        try:
            while True:
                ready.clear()
                is_over = self._caller.future.done()
                if is_over:
                    await self._catch_up()
                for piece in self._fresh(cursor, token):
                    token, cursor = self.log.round, cursor + 1
                    yield piece
                if is_over:
                    return
                await ready.wait()
        finally:
            self.log.leave(ready)

    def is_done(self, cursor: int) -> bool:
        """Return whether the stream is whole; False to begin anew. Raises as `stream` does."""
        outcome = self._caller.future.result()
        if outcome is None:
            if cursor:
                raise StreamBrokenError("The stream's leader is gone.")
            return False
        if self._caller.is_pilot:
            self._table.count(self._scope.tally.led)
            outcome.result()
            return True
        self._table.count(self._scope.tally.joined)
        if int(outcome.copy()) != cursor:
            raise StreamBrokenError("Pieces of the stream are missing.")
        return True

    def leave(self) -> None:
        """Leave a flight that is not over."""
        if self.aloft is not None and not self._caller.future.done():
            self._caller.future.cancel()
            self._table.abandon(self.aloft, self._caller)

    def _fresh(self, cursor: int, token: str) -> list[bytes]:
        if cursor and self.log.round != token:
            raise StreamBrokenError("The stream's leader is gone.")
        return self.log.after(cursor)

    async def _catch_up(self) -> None:
        """Fetch what a round of another process left, if we have not all of it."""
        outcome, flight = self._caller.future.result(), self._flown.flight
        if outcome is None or flight.pilot is not None:
            return
        if outcome.error is not None or self.log.round != flight.seen or int(outcome.copy()) > len(self.log):
            await asyncio.to_thread(self._table.relay.fetch, self._flown)

    async def _pump(self) -> bytes:
        aloft, log = self._flown, self.log
        log.lead(aloft.flight.token)
        async with aclosing(_iterated(self._work)) as source:
            async for piece in source:
                log.extend(log.round, len(log), [piece])
                if log.size > aloft.policy.value_bytes:
                    raise StreamBrokenError(f"The stream grew over {aloft.policy.value_bytes} bytes.")
                self._table.carry(aloft, log)
        return str(len(log)).encode()

    @property
    def _flown(self) -> Aloft:
        assert self.aloft is not None  # noqa: S101  (whoever waits or pumps has boarded)
        return self.aloft


async def _iterated(work: StreamWork) -> AsyncGenerator[bytes, None]:
    async for piece in work():
        yield piece
