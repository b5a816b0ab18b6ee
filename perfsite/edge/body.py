"""The request's body as a file: streamed when it is large and its length known, else here before a thread is taken."""

import asyncio
import io
from contextlib import ExitStack
from http import HTTPStatus
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from perfsite.edge.answer import RefusedError, problem
from perfsite.edge.protocol import STALL_SECONDS, ClientGoneError, Receive, Scope

SMALL_BYTES = 64 * 1024
UPLOAD_BYTES_PER_SECOND = 16 * 1024


class Body:
    """A body that has arrived. The time the server has to answer runs `since` then, in the loop's seconds."""

    is_complete = is_wanted = True

    def __init__(self, file: IO[Any], length: int = 0) -> None:
        self.file, self.length = file, length
        self.since = asyncio.get_running_loop().time()


class Upload(io.RawIOBase):
    """A body still on the wire: each read by the thread takes what the server holds, so memory stays bounded.

    The client's 100 Continue waits for the first read (`is_wanted`), so a view can refuse an upload before it
    begins. One that keeps up a rate moves `since` on: it uses none of the time to answer.
    """

    is_complete = False

    def __init__(self, receive: Receive, length: int, *, is_wanted: bool) -> None:
        self.length, self.is_wanted = length, is_wanted
        self.file = io.BufferedReader(self, SMALL_BYTES)
        self._receive, self._loop = receive, asyncio.get_running_loop()
        self._chunk = memoryview(b"")
        self.since = self._loop.time()

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer, 0 at the end; blocks for the network. Raises OSError when the client leaves or stalls."""
        while not self._chunk and not self.is_complete:
            self.is_wanted = True
            self._chunk = memoryview(asyncio.run_coroutine_threadsafe(self._next(), self._loop).result())
        size = min(len(buffer), len(self._chunk))
        buffer[:size], self._chunk = self._chunk[:size], self._chunk[size:]
        return size

    async def _next(self) -> bytes:
        chunk, more = await next_chunk(self._receive)
        self.since = min(self._loop.time(), self.since + len(chunk) / UPLOAD_BYTES_PER_SECOND)
        self.is_complete = not more
        return chunk


async def next_chunk(receive: Receive) -> tuple[bytes, bool]:
    """Return the next part and whether more follow; raise OSError when the client leaves or stalls."""
    async with asyncio.timeout(STALL_SECONDS):
        message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientGoneError("The client left before the end of the request.")
    return message.get("body", b""), message.get("more_body", False)


async def open_body(scope: Scope, receive: Receive, *, spool_limit_bytes: int) -> Body | Upload:
    """Return the request's body; raise RefusedError, or OSError when the client leaves or stalls."""
    headers = dict(scope["headers"])
    length = headers.get(b"content-length", b"0")
    if not length.isdigit():
        raise RefusedError(problem(HTTPStatus.BAD_REQUEST, "Content-Length is not a number.", connection="close"))
    if int(length) > spool_limit_bytes:  # Django bounds no file of a form, and reads a stranger's for its CSRF token
        raise too_large(spool_limit_bytes)
    if int(length) > SMALL_BYTES:
        return Upload(receive, int(length), is_wanted=b"expect" not in headers)
    if int(length) or b"transfer-encoding" in headers:
        return await spooled(receive, limit=int(length) or spool_limit_bytes)
    return Body(io.BytesIO())


def too_large(limit: int) -> RefusedError:
    """Return the refusal of a body beyond the limit."""
    detail = f"The body is larger than {limit} bytes."
    return RefusedError(problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail, connection="close"))


async def spooled(receive: Receive, *, limit: int) -> Body:
    """Return a body with all of its parts, in memory or a temporary file; raise RefusedError past the limit."""
    with ExitStack() as held:
        file = held.enter_context(SpooledTemporaryFile(max_size=SMALL_BYTES))
        more = True
        while more:
            chunk, more = await next_chunk(receive)
            file.write(chunk)
            if file.tell() > limit:
                raise too_large(limit)
        held.pop_all()  # from here on the exchange closes it
    body = Body(file, file.tell())
    file.seek(0)
    return body
