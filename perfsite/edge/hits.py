"""The response path: answers that are in memory go out before a thread is taken or Django entered."""

from collections.abc import Mapping
from time import perf_counter

from apps.caching.http.directory import directory
from apps.caching.http.plan import route_of
from apps.caching.http.request import ON, RELOAD, SAFE, Asked, asked, of_edge
from perfsite.edge.hit import Hit
from perfsite.edge.protocol import Receive, Scope, Send

LIMIT = 10_000
COOKIE_MAX_BYTES = 4096
Seen = tuple[object, ...]


class Hits:
    """Knows requests by their bytes: who sends the same again is found without anything being read anew."""

    def __init__(self) -> None:
        self._asked: dict[Seen, Asked] = {}

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> bool:
        """Answer from memory and return True, or return False. Waits for the shared store once in a while at most."""
        if scope["method"] not in SAFE:
            return False
        started = perf_counter()
        headers = dict(scope["headers"])
        question = self._question(scope, headers)
        target = None if question is None else directory.get(question.name)
        if question is None or target is None:
            return False
        answer = target.near() or await target.confirmed()
        if answer is None or (len(answer.pieces) > 1 and not question.secret):
            return False
        await Hit(answer, question, scope, headers, started).send(send, target.tally)
        return True

    def _question(self, scope: Scope, headers: Mapping[bytes, bytes]) -> Asked | None:
        """Return what is asked for, None for what is not for us: no session, no such route, a header with a say."""
        cookie = headers.get(b"cookie")
        if cookie is None or len(headers) != len(scope["headers"]) or not ON.isdisjoint(headers):
            return None
        if headers.get(b"cache-control", b"") not in RELOAD:
            return None
        seen = (
            cookie,
            scope.get("raw_path") or scope["path"],
            scope["query_string"],
            headers.get(b"host"),
            scope["scheme"],
            headers.get(b"accept"),
            headers.get(b"accept-language"),
        )
        return self._asked.get(seen) or self._read(seen, scope, headers)

    def _read(self, seen: Seen, scope: Scope, headers: Mapping[bytes, bytes]) -> Asked | None:
        """Read a request whose like has not been seen; remember it where its route's answers are kept."""
        cookie = headers[b"cookie"]
        route = None if len(cookie) > COOKIE_MAX_BYTES or scope.get("root_path") else route_of(scope["path"])
        if route is None:
            return None
        raw = of_edge(
            scheme=scope["scheme"],
            host=headers.get(b"host", b""),
            path=scope.get("raw_path") or scope["path"].encode(),
            query=scope["query_string"],
            cookie=cookie,
            accept=headers.get(b"accept", b""),
            language=headers.get(b"accept-language", b""),
        )
        found = asked(raw, cookies=route.plan.cookies)
        if found is not None:
            if len(self._asked) >= LIMIT:
                del self._asked[next(iter(self._asked))]
            self._asked[seen] = found
        return found
