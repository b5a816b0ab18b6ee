"""An ASGI server made of two functions: every byte and every moment of a request is the test's."""

import asyncio
import json
from collections.abc import Callable, Iterable
from typing import Any

Headers = Iterable[tuple[bytes, bytes]]


class Call:
    """One request: `await call.run()` to its end, or `call.begin()`, do things to it, then `await call.ended()`."""

    def __init__(
        self,
        application: Any,
        path: str = "/hello",
        *,
        method: str = "GET",
        headers: Headers = (),
        parts: Iterable[bytes] = (),
        more: bool = False,
        **scope: Any,
    ) -> None:
        self.application = application
        self.scope = {
            "type": "http",
            "method": method,
            "http_version": "1.1",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "scheme": "http",
            "headers": [(b"host", b"localhost"), *headers],
            "server": ("127.0.0.1", 8000),
            "client": ("127.0.0.1", 50000),
            **scope,
        }
        self.sent: list[dict[str, Any]] = []
        self.accepts = asyncio.Event()
        self.accepts.set()
        self.asked = 0
        self._messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._gone = asyncio.Event()
        parts = list(parts)
        for number, part in enumerate(parts or [b""]):
            self.upload(part, more=more or number < len(parts) - 1)

    def upload(self, part: bytes, *, more: bool) -> None:
        self._messages.put_nowait({"type": "http.request", "body": part, "more_body": more})

    def disconnect(self) -> None:
        self._messages.put_nowait({"type": "http.disconnect"})
        self._gone.set()

    async def receive(self) -> dict[str, Any]:
        self.asked += 1
        if self._gone.is_set() and self._messages.empty():
            return {"type": "http.disconnect"}
        return await self._messages.get()

    async def send(self, message: dict[str, Any]) -> None:
        await self.accepts.wait()
        if not self._gone.is_set():
            self.sent.append(message)

    def begin(self) -> "Call":
        self._task = asyncio.get_running_loop().create_task(self.application(self.scope, self.receive, self.send))
        return self

    async def ended(self, *, seconds: float = 20) -> "Call":
        async with asyncio.timeout(seconds):
            await self._task
        return self

    async def run(self) -> "Call":
        return await self.begin().ended()

    def cancel(self) -> None:
        self._task.cancel()

    @property
    def status(self) -> int | None:
        return self.sent[0]["status"] if self.sent else None

    @property
    def headers(self) -> dict[str, str]:
        return {name.decode().lower(): value.decode("latin-1") for name, value in self.sent[0]["headers"]}

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent[1:])

    @property
    def is_complete(self) -> bool:
        return len(self.sent) > 1 and not self.sent[-1].get("more_body", False)

    def json(self) -> Any:
        return json.loads(self.body)


async def until(condition: Callable[[], Any], *, seconds: float = 20) -> Any:
    """Return the first true answer of the condition; raise TimeoutError when none comes."""
    async with asyncio.timeout(seconds):
        while not (answer := condition()):  # noqa: ASYNC110  (the condition may be a thread's doing)
            await asyncio.sleep(0.005)
    return answer
