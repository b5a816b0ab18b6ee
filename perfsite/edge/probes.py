"""Probes: answered from bytes before anything else is done, so that a thousand a second cost next to nothing."""

from collections.abc import Mapping
from http import HTTPStatus
from secrets import compare_digest

from apps.monitoring.health.health import Health
from apps.monitoring.health.report import MEDIA_TYPE, Report, alive
from perfsite.edge import request_id
from perfsite.edge.answer import problem
from perfsite.edge.protocol import Scope, Send
from perfsite.edge.stamp import stamped
from perfsite.whole import Write

LIVE = "/livez"
BRIEF = frozenset({"/readyz", "/api/health"})
DETAILED = frozenset({"/api/health/detailed", "/api/system/health"})
PATHS = frozenset({LIVE}) | BRIEF | DETAILED
SAFE = frozenset({"GET", "HEAD"})
HEAD = b"content-type: %b\r\ncontent-length: %d\r\ncache-control: no-store\r\nx-request-id: %b\r\n\r\n"
OK = HTTPStatus.OK
LINES = {status: b"HTTP/1.1 %d %b\r\n" % (status, status.phrase.encode())
         for status in (OK, HTTPStatus.SERVICE_UNAVAILABLE)}  # fmt: skip
KIND = MEDIA_TYPE.encode()
LATE = "The checks do not end."


class Probes:
    """Knows the paths of health. What is told in full is told to the token here, and to staff by Django."""

    def __init__(self, health: Health, token: str) -> None:
        self._health, self._alive = health, alive()
        self._token = f"Bearer {token}".encode() if token else b""

    def near(self, scope: Scope, headers: Mapping[bytes, bytes], write: Write) -> None:
        """Write what is fresh, if it is for us. Never blocks."""
        path = scope["path"]
        if path == LIVE:
            status, body = OK, self._alive
        elif (report := self._health.near()) is None or (path in DETAILED and not self._has_token(headers)):
            return
        else:
            status, body = told(report, path)
        head = HEAD % (KIND, len(body), request_id.chosen(headers).encode())
        write(LINES[status], head, b"" if scope["method"] == "HEAD" else body)

    async def answered(self, scope: Scope, headers: Mapping[bytes, bytes], send: Send) -> bool:
        """Answer and return True, or return False for what is not for us. Waits for a look where none is fresh."""
        path, is_safe = scope["path"], scope["method"] in SAFE
        if path in DETAILED and not (is_safe and self._has_token(headers)):
            return False
        if not is_safe:
            refusal = problem(HTTPStatus.METHOD_NOT_ALLOWED, "Health is read, by GET or HEAD.", allow="GET, HEAD")
            await refusal.send_to(stamped(send))
        elif path == LIVE:
            await answer(scope, send, OK, self._alive)
        else:
            await self._tell(scope, send)
        return True

    async def _tell(self, scope: Scope, send: Send) -> None:
        try:
            report = self._health.near() or await self._health.reported()
        except TimeoutError:
            await problem(HTTPStatus.SERVICE_UNAVAILABLE, LATE, retry_after="1").send_to(stamped(send))
            return
        await answer(scope, send, *told(report, scope["path"]))

    def _has_token(self, headers: Mapping[bytes, bytes]) -> bool:
        return bool(self._token) and compare_digest(headers.get(b"authorization", b""), self._token)


def told(report: Report, path: str) -> tuple[HTTPStatus, bytes]:
    """Return the status and the body that a path gives of a report."""
    return report.http_status, report.detailed if path in DETAILED else report.brief


async def answer(scope: Scope, send: Send, status: HTTPStatus, body: bytes) -> None:
    """Send an answer."""
    headers = [
        (b"content-type", KIND),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
        (b"x-request-id", request_id.current.get().encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
