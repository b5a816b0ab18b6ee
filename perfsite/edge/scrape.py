"""Prometheus with its token, answered without Django: also when every thread waits for a database that hangs."""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus

from apps.monitoring.prometheus.access import has_token
from apps.monitoring.prometheus.answer import answer
from perfsite.edge.answer import Answer
from perfsite.edge.protocol import Scope, Send
from perfsite.edge.stamp import stamped
from perfsite.whole import Write

PATH = "/metrics"
READ = (b"authorization", b"accept", b"accept-encoding")


class Scrape:
    """Answers who has the token; staff, and who may not read it, are Django's."""

    def near(self, _scope: Scope, _headers: Mapping[bytes, bytes], _write: Write) -> None:
        """Write nothing: the text is made in a thread, the loop does not wait for it."""

    async def answered(self, scope: Scope, headers: Mapping[bytes, bytes], send: Send) -> bool:
        """Answer and return True, or return False."""
        token, accept, encodings = (headers.get(name, b"").decode("latin-1") for name in READ)
        if scope["method"] != "GET" or not has_token(token):
            return False
        content, told = await asyncio.to_thread(answer, accept=accept, encodings=encodings)
        told |= {"Content-Length": str(len(content)), "Cache-Control": "no-store"}
        whole = Answer(HTTPStatus.OK, [(name.lower(), value) for name, value in told.items()], content)
        await whole.send_to(stamped(send))
        return True
