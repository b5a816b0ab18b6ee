"""A browser as far as traces are concerned: it loads a page, and goes on with the page's trace."""

import http.client
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.servers.site import Site
from tests.stack.live.people import CSRF, People

TOKEN = "a-token-that-scrapers-know"
FORM = b'--b\r\nContent-Disposition: form-data; name="file"; filename="f.jsonl"\r\n\r\n%b\r\n--b--\r\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def trace_id(self) -> str:
        """The trace that the answer names."""
        return self.headers["traceparent"].split("-")[1]

    @property
    def page_trace(self) -> str:
        """The `traceparent` that a page's scripts can read."""
        found = re.search(r'traceparent;desc="([0-9a-f-]{55})"', self.headers["server-timing"])
        assert found
        return found[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Somebody who is signed in."""

    site: Site
    crowd: People
    name: str

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        """Ask once, on a connection of its own. Blocks."""
        connection = http.client.HTTPConnection("127.0.0.1", self.site.port, timeout=30)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        cookies = {"Cookie": self.crowd.cookies(self.name), "X-CSRFToken": CSRF}
        try:
            connection.request(method, path, body, {**cookies, **named})
            answer = connection.getresponse()
            return Answer(
                status=answer.status,
                headers={key.lower(): value for key, value in answer.headers.items()},
                body=answer.read(),
            )
        finally:
            connection.close()

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Call the API with JSON."""
        data = None if body is None else json.dumps(body).encode()
        return self.ask(method, f"/api{path}", data, **{"Content_Type": "application/json", **headers})

    def upload(self, rows: list[dict[str, Any]], **headers: str) -> Answer:
        """Have a file imported."""
        data = FORM % "\n".join(map(json.dumps, rows)).encode()
        return self.ask("POST", "/api/imports", data, **{"Content_Type": "multipart/form-data; boundary=b", **headers})


def child_of(traceparent: str, *, is_chosen: bool | None = None) -> str:
    """Return the header of who goes on with a trace."""
    version, trace_id, _, flags = traceparent.split("-")
    flag = flags if is_chosen is None else f"0{is_chosen:d}"
    return f"{version}-{trace_id}-{secrets.token_hex(8)}-{flag}"


def new_trace(*, is_chosen: bool) -> str:
    """Return the header of who begins a trace."""
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-0{is_chosen:d}"
