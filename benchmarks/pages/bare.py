"""The bytes of the page from memory: what the server itself costs."""

import os
from pathlib import Path
from typing import Any

BODY = Path(os.environ["DOCUMENT"]).read_bytes()
HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(BODY))]


async def application(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": BODY})
