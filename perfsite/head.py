"""uvicorn's HTTP protocol with an end to what a request's head may weigh and how long it may pause; answers at once."""

import asyncio
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from perfsite.whole import AGAIN, EXTENSION, Again, ask, ask_again

SAFE = frozenset({b"GET", b"HEAD"})
BODY = frozenset({b"content-length", b"transfer-encoding"})
LIMIT_BYTES = 64 * 1024
PAUSE_SECONDS = 10.0
AT_ONCE_MOST = 16  # of the requests that come in one piece: others have their turn between two pieces
KNOWN_MOST, KNOWN_BYTES = 1_024, 2_048
Known = tuple[str | None, bytes]  # who sends, and what
_known: dict[Known, Again] = {}  # requests that were answered at once


class Every:
    """The header lines of every answer, which are new each second."""

    headers: object = None
    lines = b""


def _every(state: ServerState) -> bytes:
    if state.default_headers is not Every.headers:
        Every.headers = state.default_headers
        Every.lines = b"".join([b"%b: %b\r\n" % header for header in state.default_headers])
    return Every.lines


class Protocol(HttpToolsProtocol):
    """Without it one connection can fill the memory with a header that never ends, or wait for ever."""

    _is_in_head = _is_answered = False
    _is_between = True  # two requests: the next byte begins one
    _unread_bytes = _came = _at_once = _begun = 0  # unread: since something was made of them
    _answered_at = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """Expect the first request soon."""
        super().connection_made(transport)
        self._peer = self.client[0] if self.client else None
        self._expect_more()

    def data_received(self, data: bytes) -> None:
        """Parse; refuse a head that has grown too large. What came like this before is not read again."""
        self._at_once = self._begun = 0
        was_between = self._is_between and len(data) <= KNOWN_BYTES
        if was_between and (again := _known.get((self._peer, data))) and self._is_free():
            self._is_answered = False
            ask_again(again, self._write)
            if self._is_answered:
                return
        self._came = len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if not self._is_between:
            self._weigh()
        elif was_between and self._at_once == self._begun == 1:
            self._learn((self._peer, bytes(data)))
        if self._is_in_head or self._is_forgotten():
            self._expect_more()

    def _is_forgotten(self) -> bool:
        """Return whether nothing is under way and no timer runs: what came began no request. A socket is under way."""
        is_idle = self.timeout_keep_alive_task is None and self._is_between and self._is_free()
        return is_idle and self.transport.get_protocol() is self

    def _weigh(self) -> None:
        """Refuse a head that has grown too large, and what is neither head nor body: trailers, sizes of chunks."""
        self._unread_bytes += self._came
        if self._unread_bytes > LIMIT_BYTES:
            if self._is_in_head:
                self.send_400_response("The request's head is too large.")
            else:
                self.transport.close()

    def on_message_begin(self) -> None:
        """Note that a head begins."""
        super().on_message_begin()
        self._is_in_head, self._is_between, self._unread_bytes = True, False, 0
        self._begun += 1

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a line of the head; a trailer is none: it would stand for what a proxy in front has looked through."""
        if self._is_in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Note that the head ends; have the request answered at once, or the usual way."""
        self._is_in_head = self._is_answered = False
        if self._unread_bytes + self._came > LIMIT_BYTES and self._is_large():
            self.send_400_response("The request's head is too large.")
        if self.transport.is_closing():
            self._is_answered = True
            return
        self._unread_bytes = -self._came  # what came with the end of the head is not weighed
        if self._is_plain():
            self._ask()
        if not self._is_answered:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Pass it on where anybody waits for it."""
        self._unread_bytes = -self._came
        if not self._is_answered:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Say so where anybody waits for it."""
        self._is_between = True
        if not self._is_answered:
            super().on_message_complete()

    def _is_plain(self) -> bool:
        """Return whether it reads, by a path as it is written, with nothing before it and no body after it, on a
        connection that goes on.
        """
        parser = self.parser
        return (
            parser.get_method() in SAFE
            and self._is_free()
            and self._at_once < AT_ONCE_MOST
            and b"%" not in self.url
            and not (self.root_path or self.expect_100_continue or parser.should_upgrade())
            and parser.get_http_version() == "1.1"
            and bool(parser.should_keep_alive())
            and BODY.isdisjoint([name for name, _ in self.headers])
        )

    def _is_large(self) -> bool:
        return len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > LIMIT_BYTES

    def _is_free(self) -> bool:
        """Return whether nothing is being answered, and the client takes what it is sent."""
        is_done = self.cycle is None or self.cycle.response_complete
        return is_done and not self.flow.write_paused and not self.transport.is_closing()

    def _ask(self) -> None:
        url = httptools.parse_url(self.url)
        scope: dict[str, Any] = {
            **self.scope,
            "method": self.parser.get_method().decode(),
            "path": url.path.decode(),
            "raw_path": url.path,
            "query_string": url.query or b"",
            EXTENSION: self._write,
        }
        ask(self.app, scope)
        self._again = scope.pop(AGAIN, None)  # it has the scope: in there it would keep itself alive
        del scope[EXTENSION]

    def _learn(self, known: Known) -> None:
        """Keep how it is answered again, in the place of what was learned first where there is too much."""
        if self._again is None:
            return
        if len(_known) >= KNOWN_MOST:
            del _known[next(iter(_known))]
        _known[known] = self._again

    def _write(self, status: bytes, head: bytes, body: bytes) -> None:
        """Write an answer whole, and end the request as the usual way does; a timer that runs is left to run."""
        self._is_answered = True
        self._at_once += 1
        self.transport.write(b"".join((status, _every(self.server_state), head, body)))
        self._answered_at = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self.on_response_complete()
        else:
            self.server_state.total_requests += 1

    def timeout_keep_alive_handler(self) -> None:
        """Close a connection that was quiet for as long as uvicorn lets it be; else look again when it may be."""
        left = self._answered_at + self.timeout_keep_alive - self.loop.time()
        if self._is_between and left > 0:
            self.timeout_keep_alive_task = self.loop.call_later(left, self.timeout_keep_alive_handler)
        else:
            super().timeout_keep_alive_handler()

    def _expect_more(self) -> None:
        # The next data, or the end of the next answer, takes this timer off again.
        self._unset_keepalive_if_required()
        self.timeout_keep_alive_task: Any = self.loop.call_later(PAUSE_SECONDS, self.timeout_keep_alive_handler)
