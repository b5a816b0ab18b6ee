"""A load generator that knows exactly what it was answered."""

import http.client
import threading
from collections import Counter
from typing import Self

from tests.servers.site import Site

REQUESTS = (  # method, path, route, status
    ("GET", "/accounts/login/", "accounts/login/", 200),
    ("GET", "/api/conversations", "api/conversations", 401),
    ("GET", "/api/conversations/7/messages", "api/conversations/<int:conversation_id>/messages", 401),
    ("GET", "/no/such/page", "unknown", 404),
    ("POST", "/accounts/login/", "accounts/login/", 403),
)
Answered = Counter[tuple[str, str, str]]


class Load:
    """Threads that ask for one thing after the other, each on connections of its own, until told to stop.

    `answered` counts by method, route and status. What got no answer, as its process was killed, is in `lost`.
    """

    def __init__(self, site: Site, *, threads: int = 4) -> None:
        self._port = site.port
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self.answered: Answered = Counter()
        self.lost = 0
        self._threads = [threading.Thread(target=self._ask, args=(number,)) for number in range(threads)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Ask no more; blocks until the last answer is there."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    @property
    def number(self) -> int:
        """How many answers there are by now."""
        with self._lock:
            return self.answered.total()

    def _ask(self, number: int) -> None:
        while not self._stopping.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
            try:
                self._ask_on(connection, number)
            except (OSError, http.client.HTTPException):
                with self._lock:
                    self.lost += 1
            finally:
                connection.close()
            number += 1

    def _ask_on(self, connection: http.client.HTTPConnection, number: int) -> None:
        """A handful on one connection; the next one may lead to another process."""
        for turn in range(20):
            if self._stopping.is_set():
                return
            method, path, route, _ = REQUESTS[(number + turn) % len(REQUESTS)]
            connection.request(method, path)
            answer = connection.getresponse()
            answer.read()
            with self._lock:
                self.answered[method, route, str(answer.status)] += 1
