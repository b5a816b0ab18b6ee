"""The clock and the open ear of one request: past its deadline it gets 503, without its client nothing."""

import asyncio
from http import HTTPStatus

from perfsite.edge.answer import problem
from perfsite.edge.body import Body, Upload
from perfsite.edge.exchange import Exchange
from perfsite.edge.protocol import Receive

QUIET_SECONDS = 0.1  # most requests are over by then, and have paid for one timer only
TICK_SECONDS = 1.0


class Watch:
    """Runs from the hop to the end of the answer; whoever starts it stops it."""

    def __init__(self, exchange: Exchange, body: Body | Upload, receive: Receive, *, timeout_seconds: float) -> None:
        self._exchange, self._body, self._receive = exchange, body, receive
        self._timeout_seconds = timeout_seconds
        self._listener: asyncio.Task[None] | None = None
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(QUIET_SECONDS, self.tick)

    def stop(self) -> None:
        """End the clock and the listening."""
        self._timer.cancel()
        if self._listener:
            self._listener.cancel()

    def tick(self) -> None:
        """Settle what is late; else notice from now on that the client leaves, once its upload has no reader."""
        self._timer.cancel()
        remaining = self._body.since + self._timeout_seconds - self._loop.time()
        if remaining <= 0:
            detail = f"No answer within {self._timeout_seconds:g} seconds."
            self._exchange.settle(problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, retry_after="5"))
        if self._body.is_complete and not self._listener:
            self._listener = self._loop.create_task(self._until_gone())
        self._timer = self._loop.call_later(min(TICK_SECONDS, max(QUIET_SECONDS, remaining)), self.tick)

    async def _until_gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass  # the end of a body that came whole
        self._exchange.abandon()
