"""The response path: answers that are in memory go out before a thread is taken or Django entered."""

from collections.abc import Mapping
from time import perf_counter

from apps.caching.answers import Outcome
from apps.caching.http.answer import StoredAnswer, is_known
from apps.caching.http.counts import RouteTally
from apps.caching.http.directory import Target, directory
from apps.caching.http.plan import route_of
from apps.caching.http.request import ON, RELOAD, SAFE, Asked, asked, of_edge
from apps.caching.http.token import masked, personal_etag
from perfsite.edge import request_id
from perfsite.edge.protocol import Receive, Scope, Send

LIMIT = 10_000
COOKIE_MAX_BYTES = 4096
FOUND, UNCHANGED = ({"type": "http.response.start", "status": status} for status in (200, 304))
NOTHING = {"type": "http.response.body", "body": b""}
STATUS = (b"cache-status", b"perfsite; hit; detail=L2")
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
        outcome = target.near() or await _confirmed(target)
        if outcome is None or (len(outcome.value.pieces) > 1 and not question.secret):
            return False
        await _sent(outcome.value, question, headers.get(b"if-none-match", b""), started, target.tally, send)
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


async def _confirmed(target: Target) -> Outcome[StoredAnswer] | None:
    outcome = await target.confirmed()
    if outcome is not None:
        target.tally.confirmed += 1
    return outcome


async def _sent(
    answer: StoredAnswer, question: Asked, condition: bytes, started: float, tally: RouteTally, send: Send
) -> None:
    is_whole = len(answer.pieces) == 1
    etag = answer.etag if is_whole else personal_etag(answer.etag, question.secret)
    own = (b"etag", etag), STATUS, (b"x-request-id", request_id.current.get().encode())
    duration = (b"server-timing", b"app;dur=%.1f" % ((perf_counter() - started) * 1000))
    if condition and is_known(etag, condition):
        tally.unchanged += 1
        await send({**UNCHANGED, "headers": [*answer.headers_304, *own, duration]})
        await send(NOTHING)
        return
    tally.hits += 1
    body = answer.pieces[0] if is_whole else masked(question.secret).encode().join(answer.pieces)
    await send({**FOUND, "headers": [*answer.headers, *own, duration]})
    await send({"type": "http.response.body", "body": body})
