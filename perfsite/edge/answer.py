"""What goes back to the client: a whole answer, or the head of a stream."""

import json
from dataclasses import dataclass
from http import HTTPStatus

from perfsite.edge import request_id
from perfsite.edge.outlet import Outlet
from perfsite.edge.protocol import Send


@dataclass(slots=True)
class Answer:
    """A response; with an outlet, its body is still on its way."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes = b""
    outlet: Outlet | None = None

    async def send_to(self, send: Send) -> None:
        """Send all of it. A broken stream is left without its end."""
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in self.headers]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        if self.outlet is None or await self.outlet.pump(send):
            await send({"type": "http.response.body", "body": self.body})


class RefusedError(Exception):
    """A request that Django never sees, with its answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def problem(status: HTTPStatus, detail: str, **headers: str) -> Answer:
    """Return an RFC 9457 answer that names the request; extra headers by keyword, `retry_after` for Retry-After."""
    document = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail}
    body = json.dumps({**document, "request_id": request_id.current.get()}).encode()
    fields = {"content-type": "application/problem+json", "content-length": str(len(body))} | headers
    return Answer(status, [(name.replace("_", "-"), value) for name, value in fields.items()], body)
