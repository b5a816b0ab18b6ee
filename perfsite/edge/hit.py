"""One answer from memory on its way out: as the reader's own, or as 304 where they have it already."""

from collections.abc import Mapping
from time import perf_counter

from apps.caching.http.answer import OF_BODY, StoredAnswer, is_known
from apps.caching.http.counts import RouteTally
from apps.caching.http.shared import SharedAnswer
from apps.caching.http.token import masked, personal_etag
from perfsite.edge import request_id
from perfsite.edge.observer import Visit
from perfsite.edge.protocol import Scope, Send
from perfsite.edge.stamp import traced
from perfsite.whole import Write

STATUS = b"perfsite; hit; detail=%b"
LINES = {200: b"HTTP/1.1 200 OK\r\n", 304: b"HTTP/1.1 304 Not Modified\r\n"}
HEAD = (
    b"%betag: %b\r\ncache-status: perfsite; hit; detail=%b\r\nx-request-id: %b\r\n"
    b'server-timing: %b, traceparent;desc="%b"\r\ntraceparent: %b\r\n\r\n'
)
UNTRACED = b"%betag: %b\r\ncache-status: perfsite; hit; detail=%b\r\nx-request-id: %b\r\nserver-timing: %b\r\n\r\n"


class Hit:
    """An answer, the secret of whoever asks for it, and since when."""

    __slots__ = ("_answer", "_condition", "_is_head", "_secret", "_tally", "_trace", "started", "status")

    def __init__(
        self,
        answer: StoredAnswer | SharedAnswer,
        secret: str,
        scope: Scope,
        headers: Mapping[bytes, bytes],
        *,
        started: float,
        tally: RouteTally,
    ) -> None:
        self._answer, self._secret, self._tally, self.started = answer, secret, tally, started
        self._condition = headers.get(b"if-none-match")
        self._is_head, self._trace = scope["method"] == "HEAD", b""

    def write(self, write: Write, visit: Visit | None = None) -> None:
        """Write and count it; the visit is told."""
        etag, body = self._counted(visit)
        write(LINES[self.status], self._head(etag, request_id.current.get().encode(), self._duration()), body)
        self._tell(visit, body)

    async def send(self, send: Send, visit: Visit | None = None) -> None:
        """Send and count it; the visit is told."""
        etag, body = self._counted(visit)
        told = b"cache-status", STATUS % self._answer.level.encode()
        name, duration = request_id.current.get().encode(), self._duration()
        own = [(b"etag", etag), told, (b"x-request-id", name), (b"server-timing", duration)]
        if self._trace:
            own[3:] = traced(duration, self._trace)
        kept = [one for one in self._answer.headers if self.status == 200 or one[0] not in OF_BODY]  # noqa: PLR2004
        await send({"type": "http.response.start", "status": self.status, "headers": [*kept, *own]})
        await send({"type": "http.response.body", "body": body})
        self._tell(visit, body)

    def _counted(self, visit: Visit | None) -> tuple[bytes, bytes]:
        """Count it and take the visit's trace; return the entity tag and the body."""
        answer = self._answer
        if visit is not None and visit.trace is not None:
            self._trace = visit.trace.traceparent().encode()
        etag = answer.etag if len(answer.pieces) == 1 else personal_etag(answer.etag, self._secret)
        is_known_there = self._condition is not None and is_known(etag, self._condition)
        self._tally.unchanged += is_known_there
        self._tally.hits += not is_known_there
        self.status = 304 if is_known_there else 200
        return etag, b"" if is_known_there or self._is_head else self._body()

    def _tell(self, visit: Visit | None, body: bytes) -> None:
        if visit is not None:
            visit.status, visit.size, visit.level = self.status, len(body), self._answer.level

    def _duration(self) -> bytes:
        return b"app;dur=%.3f" % ((perf_counter() - self.started) * 1000)

    def _body(self) -> bytes:
        pieces = self._answer.pieces
        return pieces[0] if len(pieces) == 1 else masked(self._secret).encode().join(pieces)

    def _head(self, etag: bytes, name: bytes, duration: bytes) -> bytes:
        answer = self._answer
        kept = answer.head if self.status == 200 else answer.head_304  # noqa: PLR2004  (the status)
        level, trace = answer.level.encode(), self._trace
        if trace:
            return HEAD % (kept, etag, level, name, duration, trace, trace)
        return UNTRACED % (kept, etag, level, name, duration)
