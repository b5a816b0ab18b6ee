"""One answer from memory on its way out: as the reader's own, or as 304 where they have it already."""

from collections.abc import Mapping
from time import perf_counter

from apps.caching.http.answer import OF_BODY, StoredAnswer, is_known
from apps.caching.http.counts import RouteTally
from apps.caching.http.request import Asked
from apps.caching.http.token import masked, personal_etag
from perfsite.edge import request_id
from perfsite.edge.protocol import Scope, Send
from perfsite.whole import EXTENSION, Write

STATUS = (b"cache-status", b"perfsite; hit; detail=L2")
LINES = {200: b"HTTP/1.1 200 OK\r\n", 304: b"HTTP/1.1 304 Not Modified\r\n"}
HEAD = b"%betag: %b\r\ncache-status: perfsite; hit; detail=L2\r\nx-request-id: %b\r\nserver-timing: %b\r\n\r\n"


class Hit:
    """An answer, who asks for it, and since when."""

    __slots__ = ("_answer", "_condition", "_is_head", "_question", "_started", "_write")

    def __init__(
        self, answer: StoredAnswer, question: Asked, scope: Scope, headers: Mapping[bytes, bytes], started: float
    ) -> None:
        self._answer, self._question, self._started = answer, question, started
        self._condition = headers.get(b"if-none-match")
        self._is_head = scope["method"] == "HEAD"
        self._write: Write | None = scope.get(EXTENSION)

    async def send(self, send: Send, tally: RouteTally) -> None:
        """Send and count it."""
        answer = self._answer
        etag = answer.etag if len(answer.pieces) == 1 else personal_etag(answer.etag, self._question.secret)
        if self._condition is not None and is_known(etag, self._condition):
            tally.unchanged += 1
            await self._sent(send, 304, etag, b"")
        else:
            tally.hits += 1
            await self._sent(send, 200, etag, b"" if self._is_head else self._body())

    def _body(self) -> bytes:
        pieces = self._answer.pieces
        return pieces[0] if len(pieces) == 1 else masked(self._question.secret).encode().join(pieces)

    async def _sent(self, send: Send, status: int, etag: bytes, body: bytes) -> None:
        name = request_id.current.get().encode()
        duration = b"app;dur=%.3f" % ((perf_counter() - self._started) * 1000)
        if self._write is not None:
            head = self._answer.head if status == 200 else self._answer.head_304  # noqa: PLR2004  (the status)
            if self._write(LINES[status], HEAD % (head, etag, name, duration), body):
                return
        own = (b"etag", etag), STATUS, (b"x-request-id", name), (b"server-timing", duration)
        kept = [one for one in self._answer.headers if status == 200 or one[0] not in OF_BODY]  # noqa: PLR2004
        await send({"type": "http.response.start", "status": status, "headers": [*kept, *own]})
        await send({"type": "http.response.body", "body": body})
