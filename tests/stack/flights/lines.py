"""Connections that stay with one process of a site, so that a test knows whom it asks, and who has heard of what."""

import http.client
import json
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

from tests.servers.site import Site
from tests.stack.live.people import CSRF

Line = http.client.HTTPConnection
HANDFUL, LEAST = 4, 3


@contextmanager
def lines(site: Site, *, workers: int) -> Iterator[list[list[Line]]]:
    """Yield open connections to each of the processes, three at least. The server keeps a quiet one for 5 s."""
    found: dict[str, list[Line]] = {}
    with ExitStack() as stack:
        while len(found) < workers or min(map(len, found.values())) < LEAST:
            opened = [stack.enter_context(closing(Line("127.0.0.1", site.port, timeout=30))) for _ in range(HANDFUL)]
            for line in opened:
                line.request("GET", "/process")
            for line in opened:
                found.setdefault(told(line), []).append(line)
        yield list(found.values())


def told(line: Line) -> str:
    """Return what the process answers to what it was asked last."""
    return line.getresponse().read().decode()


def heard_of(line: Line) -> int:
    """Return the number of the last write that the process has heard of."""
    line.request("GET", "/generation")
    return int(told(line).partition(".")[0])


def opened(line: Line, title: str, cookies: str) -> int:
    """Open a conversation; return the status."""
    headers = {"Cookie": cookies, "X-CSRFToken": CSRF, "Content-Type": "application/json"}
    line.request("POST", "/api/conversations", json.dumps({"title": title}), headers)
    answer = line.getresponse()
    answer.read()
    return answer.status
