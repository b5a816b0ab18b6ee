"""A client that does what the key is for: it sends again until it is answered."""

import http.client
import json
from dataclasses import dataclass
from typing import Any

from tests.servers.deadline import eventually
from tests.servers.site import Site
from tests.stack.live.people import CSRF

AGAIN = {409, 503}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back."""

    status: int
    body: Any
    is_replay: bool
    retry_after: str | None


def sent(site: Site, cookies: str, path: str, *, text: str, key: str) -> Reply:
    """Send a message under a key; raise OSError when the server is away. Blocks."""
    headers = {"Cookie": cookies, "X-CSRFToken": CSRF, "Content-Type": "application/json", "Idempotency-Key": key}
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
    try:
        connection.request("POST", f"/api{path}", json.dumps({"text": text}), headers)
        response = connection.getresponse()
        is_replay = response.headers.get("Idempotent-Replayed") == "true"
        retry_after = response.headers.get("Retry-After")
        return Reply(status=response.status, body=json.load(response), is_replay=is_replay, retry_after=retry_after)
    except http.client.HTTPException as error:
        raise ConnectionError(error) from None
    finally:
        connection.close()


def answered(site: Site, cookies: str, path: str, *, text: str, key: str) -> Reply:
    """Send again and again until there is an answer that is one."""

    def attempt() -> Reply | None:
        try:
            reply = sent(site, cookies, path, text=text, key=key)
        except OSError:
            return None
        return None if reply.status in AGAIN else reply

    return eventually(attempt, seconds=30, what="an answer")
