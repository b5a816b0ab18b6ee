"""A small site whose every answer the test decides: it counts, holds back, refuses, and remembers keys."""

import hashlib
import json
import select
import socket
import threading
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from perfsite.csp import PAGES
from tests.servers.deadline import eventually
from tests.servers.site import PROJECT

PAGE = """<!doctype html><html lang="en"><head><title>Page</title><link rel="icon" href="data:,">
<script type="module" src="/start.js"></script></head><body><main{user}></main></body></html>"""
CHECK_SECONDS = 0.01
CACHED = {"Cache-Control": "public, max-age=3600"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    kind: str = "application/json"


class Origin:
    """What the site holds (`data`), what came (`seen`), who left unanswered (`left`), what POST did (`effects`)."""

    def __init__(self, url: str) -> None:
        self.data: dict[str, Any] = defaultdict(lambda: {"value": 1})
        self.seen: list[Seen] = []
        self.left: list[str] = []
        self.effects: list[Any] = []
        self._answers: dict[str, Reply] = {}
        self._refusals: dict[str, deque[Reply]] = defaultdict(deque)
        self._held: dict[str, threading.Event] = {}
        self._lock = threading.Lock()
        self.url = url

    def to(self, path: str, method: str = "GET") -> list[Seen]:
        """Return the requests to the path so far."""
        return [one for one in self.seen if (one.path, one.method) == (path, method)]

    def arrives(self, path: str, count: int = 1, *, method: str = "GET") -> None:
        """Wait until so many requests came to the path."""
        eventually(lambda: len(self.to(path, method)) >= count, what=f"request {count} to {path}")

    def hold(self, path: str) -> None:
        """Answer nothing there until `release`."""
        self._held[path] = threading.Event()

    def release(self, path: str) -> None:
        """Answer whoever waits, and everybody from now on."""
        self._held.pop(path).set()

    def refuse(self, path: str, *statuses: int, retry_after: str = "") -> None:
        """Answer the next requests to the path by these errors, in turn."""
        headers = {"Retry-After": retry_after} if retry_after else {}
        for status in statuses:
            problem = {"type": "about:blank", "title": "No", "status": status, "detail": "Not so.", "request_id": "r-1"}
            self._refusals[path].append(Reply(status=status, headers=headers, body=json.dumps(problem).encode()))

    def answer(self, seen: Seen) -> Reply:
        """Return what this request gets; a POST has its effect here, once for each key."""
        with self._lock:
            if self._refusals[seen.path]:
                return self._refusals[seen.path].popleft()
            return self._sent(seen) if seen.method == "POST" else self._read(seen)

    def _read(self, seen: Seen) -> Reply:
        body = json.dumps(self.data[seen.path]).encode()
        headers = {"ETag": f'"{hashlib.sha256(body).hexdigest()[:8]}"', "Cache-Control": "private, no-cache"}
        is_known = seen.headers.get("If-None-Match") == headers["ETag"]
        return Reply(status=304, headers=headers) if is_known else Reply(headers=headers, body=body)

    def _sent(self, seen: Seen) -> Reply:
        key = seen.headers["Idempotency-Key"]
        if key in self._answers:
            return Reply(status=201, headers={"Idempotent-Replayed": "true"}, body=self._answers[key].body)
        self.effects.append(seen.body)
        self._answers[key] = Reply(status=201, body=json.dumps({"number": len(self.effects)}).encode())
        return self._answers[key]

    def is_held(self, path: str) -> bool:
        """Wait a moment for the release; return whether it is still to come."""
        event = self._held.get(path)
        return event is not None and not event.wait(CHECK_SECONDS)


class Handler(BaseHTTPRequestHandler):
    """Static modules, bare pages under the project's own policy, and the origin's answers for all else."""

    protocol_version = "HTTP/1.1"
    server: "Site"

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        if path.startswith("/static/") or path == "/start.js":
            here = Path(__file__).parent if path == "/start.js" else PROJECT
            self.reply(Reply(body=(here / path.lstrip("/")).read_bytes(), kind="text/javascript", headers=CACHED))
        elif path == "/page":
            page = PAGE.format(user=f' data-user="{query}"' if query else "")
            self.reply(Reply(body=page.encode(), kind="text/html", headers={"Content-Security-Policy": PAGES}))
        else:
            self.serve(None)

    def do_POST(self) -> None:
        self.serve(json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"null"))

    def serve(self, body: Any) -> None:
        origin = self.server.origin  # the test's, also when the next one has begun
        seen = Seen(method=self.command, path=self.path, headers=dict(self.headers.items()), body=body)
        origin.seen.append(seen)
        while origin.is_held(self.path):
            if self.is_left():
                origin.left.append(self.path)
                self.close_connection = True
                return
        self.reply(origin.answer(seen))

    def is_left(self) -> bool:
        """Return whether the browser has closed the connection."""
        readable = select.select([self.connection], [], [], 0)[0]
        return bool(readable) and not self.connection.recv(1, socket.MSG_PEEK)

    def reply(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in {
            "Content-Type": reply.kind,
            "Content-Length": str(len(reply.body)),
            **reply.headers,
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the base class's name)
        """Say nothing: the tests look at what was seen."""


class Site(ThreadingHTTPServer):
    """The server; `renew` gives it to the next test."""

    block_on_close = False
    daemon_threads = True

    def renew(self) -> Origin:
        """Return an origin where nothing has happened yet."""
        self.origin = Origin(f"http://127.0.0.1:{self.server_address[1]}")
        return self.origin


@contextmanager
def running_site() -> Iterator[Site]:
    """Yield the server on a free loopback port."""
    with Site(("127.0.0.1", 0), Handler) as site:
        site.renew()
        thread = threading.Thread(target=site.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield site
        finally:
            site.shutdown()
            thread.join()
