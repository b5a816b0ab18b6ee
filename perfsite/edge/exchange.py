"""One request inside the hop: what the loop and Django's thread share."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import closing, suppress
from contextvars import copy_context
from http import HTTPStatus
from threading import Lock
from typing import Any

from django.db import close_old_connections

from perfsite.edge.answer import Answer, problem
from perfsite.edge.environ import Environ
from perfsite.edge.outlet import Outlet

logger = logging.getLogger(__name__)
Handler = Callable[[Environ, Callable[..., Any]], Any]
FILE_BYTES = 64 * 1024


class Exchange:
    """A request that one thread may take, and the answer the loop waits for: None when nobody waits any more."""

    def __init__(self, *, handler: Handler, environ: Environ) -> None:
        self._handler, self._environ = handler, environ
        self._loop = asyncio.get_running_loop()
        self._context = copy_context()
        self._claim = Lock()
        self.answer: asyncio.Future[Answer | None] = self._loop.create_future()

    def settle(self, answer: Answer | None) -> None:
        """Take the first answer; a later one is discarded."""
        if not self.answer.done():
            self.answer.set_result(answer)
        elif answer and answer.outlet:
            answer.outlet.abandon()

    def abandon(self) -> None:
        """Stop waiting: keep the request out of Django if no thread has it, else discard what it makes."""
        if self._claim.acquire(blocking=False):
            self._environ["wsgi.input"].close()
        self.settle(None)
        if not self.answer.cancelled() and (answer := self.answer.result()):
            self.settle(answer)

    def run(self) -> None:
        """Go through Django; called in a thread, blocks for the whole request, never raises."""
        if self._claim.acquire(blocking=False):
            self._context.run(self._enter)

    def _enter(self) -> None:
        try:
            self._respond()
        except BaseException:  # the thread must outlive any view, even one that calls sys.exit(): logged, and a 500
            logger.exception("A request or its stream failed outside of Django's own handling")
            close_old_connections()
            self._hand_over(problem(HTTPStatus.INTERNAL_SERVER_ERROR, "The error has been logged."))
        finally:
            self._environ["wsgi.input"].close()

    def _respond(self) -> None:
        fields: list[tuple[str, str]] = []
        response = self._handler(self._environ, lambda _status, headers: fields.extend(headers))
        answer = Answer(response.status_code, fields)
        if must_stream(response, self._environ["REQUEST_METHOD"]):
            answer.outlet = Outlet(self._loop)
            self._hand_over(answer)
            answer.outlet.fill(response)
        else:
            with closing(response):
                answer.body = b"".join(response) if has_body(response, self._environ["REQUEST_METHOD"]) else b""
            self._hand_over(answer)

    def _hand_over(self, answer: Answer) -> None:
        with suppress(RuntimeError):  # the loop has ended, and with it every client
            self._loop.call_soon_threadsafe(self.settle, answer)


def must_stream(response: Any, method: str) -> bool:
    """Return False for a body that is in memory already, not wanted, or a small file."""
    if not response.streaming or not has_body(response, method):
        return False
    if getattr(response, "file_to_stream", None) is None:
        return True
    response.block_size = FILE_BYTES
    return int(response.get("Content-Length") or FILE_BYTES + 1) > FILE_BYTES


def has_body(response: Any, method: str) -> bool:
    """Return whether HTTP lets the response have a body."""
    return method != "HEAD" and response.status_code not in {204, 304}
