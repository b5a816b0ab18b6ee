"""The fake endpoint: answers what the official `openai` client asks, as well or as badly as it is told.

`GET /stats` counts what was asked and how it ended; `POST /faults` changes the faults while it runs.
"""

import asyncio
import math
import time
from asyncio import IncompleteReadError, LimitOverrunError, StreamReader, StreamWriter
from contextlib import suppress
from dataclasses import asdict
from typing import Any

import orjson

from apps.resilience.drill.completion import Completion, checked, error
from apps.resilience.drill.http import Request, answer, chunk, head, received
from apps.resilience.drill.upset import Ending, Fate, Upset

STREAM = {"Content-Type": "text/event-stream", "Transfer-Encoding": "chunked", "Cache-Control": "no-cache"}
CUT_AFTER_CHUNKS = 5
WORD_SECONDS = 0.002


class FakeAssistant:
    """One endpoint on one port."""

    def __init__(self, upset: Upset, *, seed: int = 0) -> None:
        self._fate, self._seed = Fate(upset, seed=seed), seed
        self._under_way = self._most = 0

    async def serve(self, *, host: str, port: int) -> asyncio.Server:
        """Return the server, listening."""
        return await asyncio.start_server(self._connected, host, port)

    async def _connected(self, reader: StreamReader, writer: StreamWriter) -> None:
        try:
            with suppress(IncompleteReadError, LimitOverrunError, ConnectionError):
                while request := await received(reader):
                    self._under_way += 1
                    self._most = max(self._most, self._under_way)
                    try:
                        if not await self._answered(request, reader, writer):
                            break
                    finally:
                        self._under_way -= 1
        finally:
            writer.close()

    async def _answered(self, request: Request, reader: StreamReader, writer: StreamWriter) -> bool:
        """Answer one request; return whether the connection goes on."""
        route = (request.method, request.path.rstrip("/"))
        if route == ("POST", "/v1/chat/completions"):
            return await self._complete(request.body, reader, writer)
        status, document = self._document(route, request.body)
        await answer(writer, status, document)
        return True

    def _document(self, route: tuple[str, str], body: bytes) -> tuple[int, Any]:
        if route == ("GET", "/v1/models"):
            return 200, {"object": "list", "data": [{"id": "fake", "object": "model", "created": 0, "owned_by": "us"}]}
        if route == ("GET", "/stats"):
            counts = {ending.value: count for ending, count in self._fate.counts.items()}
            return 200, {"requests": sum(counts.values()), "most_at_once": self._most, **counts}
        if route == ("POST", "/faults"):
            try:
                self._fate.upset = self._fate.upset.changed(orjson.loads(body))
            except ValueError as refused:
                return 400, error(str(refused), "invalid_request_error")
            return 200, asdict(self._fate.upset)
        return 404, error(f"{route[0]} {route[1]} is not here.", "invalid_request_error")

    async def _complete(self, body: bytes, reader: StreamReader, writer: StreamWriter) -> bool:
        try:
            request = checked(orjson.loads(body))
        except ValueError as refused:
            await answer(writer, 400, error(str(refused), "invalid_request_error"))
            return True
        ending, wait = self._fate.drawn(time.monotonic())
        if ending is Ending.HANG:
            await reader.read()  # until the other side gives up
            return False
        await asyncio.sleep(self._fate.upset.latency_ms / 1000)
        if ending is Ending.REFUSED:
            await answer(writer, 429, error("Too many requests.", "rate_limit"), Retry_After=str(math.ceil(wait)))
        elif ending is Ending.ERROR:
            await answer(writer, 500, error("An error on purpose.", "server_error"))
        elif request.get("stream"):
            return await self._streamed(Completion(request, seed=self._seed), writer, is_cut=ending is Ending.CUT)
        else:
            await answer(writer, 200, Completion(request, seed=self._seed).whole())
        return True

    async def _streamed(self, completion: Completion, writer: StreamWriter, *, is_cut: bool) -> bool:
        writer.write(head(200, STREAM))
        for number, piece in enumerate(completion.chunks()):
            if is_cut and number == CUT_AFTER_CHUNKS:
                return False
            writer.write(chunk(b"data: " + orjson.dumps(piece) + b"\n\n"))
            await writer.drain()
            await asyncio.sleep(WORD_SECONDS)
        writer.write(chunk(b"data: [DONE]\n\n") + chunk(b""))
        await writer.drain()
        return True
