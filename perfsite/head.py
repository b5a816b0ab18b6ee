"""uvicorn's HTTP protocol with an end to what a request's head may weigh and how long it may pause."""

import asyncio
from functools import partial
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from perfsite.whole import EXTENSION, write

LIMIT_BYTES = 64 * 1024
PAUSE_SECONDS = 10.0


class Protocol(HttpToolsProtocol):
    """Without it one connection can fill the memory with a header that never ends, or wait for ever."""

    _is_in_head = False
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """Expect the first request soon."""
        super().connection_made(transport)
        self._expect_more()

    def data_received(self, data: bytes) -> None:
        """Parse; refuse a head that has grown too large."""
        super().data_received(data)
        if self._is_in_head and not self.transport.is_closing():
            self._head_bytes += len(data)
            self._expect_more()
            if self._head_bytes > LIMIT_BYTES:
                self.send_400_response("The request's head is too large.")

    def on_message_begin(self) -> None:
        """Note that a head begins."""
        super().on_message_begin()
        self._is_in_head, self._head_bytes = True, 0

    def on_headers_complete(self) -> None:
        """Note that the head ends; offer to write a whole answer at once."""
        self._is_in_head = False
        super().on_headers_complete()
        if self.cycle is not None and self.cycle.scope is self.scope:
            scope: dict[str, Any] = cast("dict[str, Any]", self.scope)
            scope[EXTENSION] = partial(write, self.cycle)

    def _expect_more(self) -> None:
        # The next data, or the end of the next answer, takes this timer off again.
        self._unset_keepalive_if_required()
        self.timeout_keep_alive_task: Any = self.loop.call_later(PAUSE_SECONDS, self.timeout_keep_alive_handler)
