"""The hop: one ASGI request into Django's own WSGI handler by way of one thread."""

from http import HTTPStatus

from perfsite.edge.answer import RefusedError, problem
from perfsite.edge.body import Body, Upload, open_body
from perfsite.edge.environ import build_environ
from perfsite.edge.exchange import Exchange, Handler
from perfsite.edge.pool import Pool
from perfsite.edge.protocol import ClientGoneError, Receive, Scope, Send
from perfsite.edge.watch import Watch

WAITING_LIMIT = 1000


class Bridge:
    """Takes a request to a thread and its answer back.

    An ordinary request costs one job for the pool and one callback for the loop: no task, no other hop.
    """

    def __init__(self, handler: Handler, pool: Pool, *, timeout_seconds: float, spool_limit_bytes: int) -> None:
        self._handler, self._pool = handler, pool
        self._timeout_seconds = timeout_seconds
        self._spool_limit_bytes = spool_limit_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request; return without an answer when the client is gone."""
        try:
            body = await self._admit(scope, receive)
        except RefusedError as refused:
            await refused.answer.send_to(send)
        except ClientGoneError:
            return
        else:
            await self._cross(scope, receive, send, body)

    async def _admit(self, scope: Scope, receive: Receive) -> Body | Upload:
        if self._pool.waiting >= WAITING_LIMIT:
            detail = "Too many requests are waiting."
            raise RefusedError(problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, retry_after="1", connection="close"))
        try:
            return await open_body(scope, receive, spool_limit_bytes=self._spool_limit_bytes)
        except TimeoutError:
            detail = "The body did not arrive."
            raise RefusedError(problem(HTTPStatus.REQUEST_TIMEOUT, detail, connection="close")) from None

    async def _cross(self, scope: Scope, receive: Receive, send: Send, body: Body | Upload) -> None:
        exchange = Exchange(handler=self._handler, environ=build_environ(scope, body))
        watch = Watch(exchange, body, receive, timeout_seconds=self._timeout_seconds)
        try:
            self._pool.submit(exchange.run)
            if answer := await exchange.answer:
                if not body.is_wanted:  # it may never come, and the next request would be taken for it
                    answer.headers.append(("connection", "close"))
                if answer.outlet:
                    watch.tick()
                await answer.send_to(send)
        finally:
            watch.stop()
            exchange.abandon()
