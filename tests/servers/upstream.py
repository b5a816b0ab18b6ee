"""An endpoint that speaks OpenAI's chat completions, over real HTTP: each call says what the test has it say."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import Queue
from typing import Any

SECONDS = 20.0
REASONS = {200: "OK", 401: "Unauthorized", 404: "Not Found", 429: "Too Many Requests", 500: "Internal Server Error"}


@dataclass(slots=True, kw_only=True)
class Call:
    """One request: what was asked, and the means to answer it. Its methods may be called from any thread."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    loop: asyncio.AbstractEventLoop
    is_gone: threading.Event = field(default_factory=threading.Event)
    _said: "asyncio.Queue[bytes | None]" = field(default_factory=asyncio.Queue)
    _has_begun: bool = False

    def say(self, *texts: str) -> None:
        """Stream some words."""
        for text in texts:
            self._send({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]})

    def finish(self, reason: str = "stop", *, prompt_tokens: int = 7, reply_tokens: int = 3) -> None:
        """End the answer as an endpoint does: the reason, what it cost, and the mark."""
        self._send({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
        total = prompt_tokens + reply_tokens
        usage = {"prompt_tokens": prompt_tokens, "completion_tokens": reply_tokens, "total_tokens": total}
        self._send({"choices": [], "usage": usage})
        self._put(chunked(b"data: [DONE]\n\n"), b"0\r\n\r\n", None)

    def end(self) -> None:
        """End the stream without a reason."""
        self._begin()
        self._put(b"0\r\n\r\n", None)

    def cut(self) -> None:
        """Break the connection off."""
        self._begin()
        self._put(None)

    def garble(self) -> None:
        """Stream what is no JSON."""
        self._begin()
        self._put(chunked(b"data: {broken\n\n"))

    def refuse(self, status: int) -> None:
        """Answer with an error."""
        body = json.dumps({"error": {"message": f"status {status}", "type": "test", "code": None}}).encode()
        self._put(head(status, f"Content-Type: application/json\r\nContent-Length: {len(body)}") + body, None)

    def _send(self, fields: dict[str, Any]) -> None:
        self._begin()
        chunk = {"id": "c-1", "object": "chat.completion.chunk", "created": 0, "model": self.body["model"], **fields}
        self._put(chunked(f"data: {json.dumps(chunk)}\n\n".encode()))

    def _begin(self) -> None:
        if not self._has_begun:
            self._has_begun = True
            self._put(head(200, "Content-Type: text/event-stream\r\nTransfer-Encoding: chunked"))

    def _put(self, *data: bytes | None) -> None:
        for item in data:
            self.loop.call_soon_threadsafe(self._said.put_nowait, item)

    async def spoken(self, writer: asyncio.StreamWriter) -> None:
        """Write what the test says until it ends the answer."""
        while (data := await self._said.get()) is not None:
            writer.write(data)
            await writer.drain()


class Upstream:
    """Listens on a free port; `call()` returns the next request, or waits; with `script` it answers by itself."""

    def __init__(self) -> None:
        self.script: Callable[[Call], None] | None = None
        self._calls: Queue[Call] = Queue()
        self.port = 0

    @property
    def url(self) -> str:
        """The base URL to configure."""
        return f"http://127.0.0.1:{self.port}/v1"

    def call(self) -> Call:
        """Return the next call. Blocks."""
        return self._calls.get(timeout=SECONDS)

    @property
    def is_idle(self) -> bool:
        """Whether nobody has called whom the test has not met."""
        return self._calls.empty()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one request of a connection and answer it."""
        try:
            call = await read_call(reader)
            (self.script or self._calls.put)(call)
            speaking = asyncio.ensure_future(call.spoken(writer))
            leaving = asyncio.ensure_future(reader.read())
            await asyncio.wait((speaking, leaving), return_when=asyncio.FIRST_COMPLETED)
            speaking.cancel()
            leaving.cancel()
            call.is_gone.set()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


async def read_call(reader: asyncio.StreamReader) -> Call:
    lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:] if line)}
    body = await reader.readexactly(int(headers["content-length"]))
    loop = asyncio.get_running_loop()
    return Call(path=lines[0].split()[1], headers=headers, body=json.loads(body), loop=loop)


def head(status: int, fields: str) -> bytes:
    return f"HTTP/1.1 {status} {REASONS[status]}\r\n{fields}\r\nConnection: close\r\n\r\n".encode()


def chunked(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


@contextmanager
def running_upstream() -> Iterator[Upstream]:
    """Yield an endpoint, in a thread of its own."""
    upstream, started, loop = Upstream(), threading.Event(), asyncio.new_event_loop()

    async def run() -> None:
        server = await asyncio.start_server(upstream.serve, "127.0.0.1", 0)
        upstream.port = server.sockets[0].getsockname()[1]
        started.set()
        async with server:
            await stopping.wait()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    stopping = asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=(run(),), daemon=True)
    thread.start()
    assert started.wait(SECONDS)
    try:
        yield upstream
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join(SECONDS)
        loop.close()
