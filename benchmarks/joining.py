"""What joining at the edge costs a request that shares nothing: python -m benchmarks.joining, some seconds.

The application behind it does nothing, so the difference is the layer alone. Figures are CPU time of the loop's thread
in one process without Redis; over Redis a leader waits for one claim besides (benchmarks.flights).
"""

import asyncio
import os
import statistics
import time
from typing import Any

CALLS, ROUNDS = 3_000, 9
PACKAGES = ("django", "uvloop", "orjson")
HEAD = [(b"content-type", b"application/json"), (b"cache-control", b"private, no-cache"), (b"vary", b"Cookie")]
BODY = b"x" * 8_500
ASKED = [
    (b"host", b"localhost"),
    (b"user-agent", b"Mozilla/5.0"),
    (b"accept", b"application/json"),
    (b"accept-language", b"en,de;q=0.5"),
    (b"cookie", b"sessionid=abcdefghijklmnopqrstuvwxyz012345; csrftoken=abcdefghijklmnopqrstuvwxyz012345"),
]
ROWS = (
    ("a route that is not joined", "GET", "/c/1/"),
    ("a request that is not safe", "POST", "/api/conversations"),
    ("a joined route, nobody else there", "GET", "/api/conversations/1/messages"),
)


def main() -> None:
    """Measure and publish."""
    import django
    import uvloop

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "perfsite.settings")
    django.setup()
    from benchmarks.report import publish

    notes = "Microseconds of CPU per request above the same application without the layer, medians of nine rounds."
    title = "Joining at the edge: what it costs who shares nothing"
    publish("joining", title, uvloop.run(rows()), packages=PACKAGES, notes=notes)


async def rows() -> list[dict[str, Any]]:
    """Return a row for each kind of request."""
    from perfsite.edge.joining import Joining

    layer, made = Joining(application), []
    for what, method, path in ROWS:
        scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode(), "scheme": "http"}
        scope |= {"query_string": b"limit=50", "root_path": "", "headers": ASKED}
        costs = [await timed(layer, scope) - await timed(application, scope) for _ in range(ROUNDS)]
        made.append({"what": what, "value": f"{statistics.median(costs):.1f}", "unit": "µs", "promise": "≤ 40"})
    return made


async def timed(called: Any, scope: dict[str, Any]) -> float:
    """Return the microseconds of CPU per call."""
    begun = time.thread_time()
    for _ in range(CALLS):
        await called(scope, receive, send)
    return (time.thread_time() - begun) / CALLS * 1e6


async def application(_scope: Any, _receive: Any, send: Any) -> None:
    """Answer 8.5 KB at once."""
    await send({"type": "http.response.start", "status": 200, "headers": HEAD})
    await send({"type": "http.response.body", "body": BODY})


async def receive() -> Any:
    """Be a client that stays."""
    return await asyncio.get_running_loop().create_future()


async def send(_: Any) -> None:
    """Take what comes."""


if __name__ == "__main__":
    main()
