"""The response path: answers that are in memory go out before a thread is taken or Django entered."""

from collections.abc import Mapping
from time import perf_counter
from typing import TypeVar

from apps.caching.http.plan import route_of
from apps.caching.http.request import ON, RELOAD, SAFE, Caller, asked, caller_of, cookies_in, of_edge
from perfsite.edge.hit import Hit
from perfsite.edge.protocol import Scope
from perfsite.edge.wanted import Answer, Wanted

LIMIT = 4_096
COOKIE_MAX_BYTES, SEEN_MAX = 4096, 2048
Seen = tuple[object, ...]
Asking = tuple[Caller, Wanted]
K = TypeVar("K")
V = TypeVar("V")


class Hits:
    """Knows callers and what they ask for by their bytes: who sends the same again is found without reading it anew."""

    def __init__(self) -> None:
        self._callers: dict[bytes, Caller] = {}
        self._wanted: dict[Seen, Wanted] = {}

    def near(self, scope: Scope, headers: Mapping[bytes, bytes]) -> Hit | None:
        """Return what may be given out at once, if anything. Never blocks."""
        started = perf_counter()
        asking = self._asking(scope, headers)
        if asking is None:
            return None
        caller, wanted = asking
        return hit(wanted.near(caller), asking, scope, headers, started)

    async def sought(self, scope: Scope, headers: Mapping[bytes, bytes]) -> Hit | None:
        """Return that, or what the shared store has or confirms. Waits for it once in a while at most."""
        started = perf_counter()
        asking = self._asking(scope, headers)
        if asking is None:
            return None
        caller, wanted = asking
        answer = wanted.near(caller) or await wanted.sought(caller)
        return hit(answer, asking, scope, headers, started)

    def _asking(self, scope: Scope, headers: Mapping[bytes, bytes]) -> Asking | None:
        """Return who asks for what, None for what is not for us."""
        if scope["method"] not in SAFE or len(headers) != len(scope["headers"]) or not ON.isdisjoint(headers):
            return None
        if headers.get(b"cache-control", b"") not in RELOAD:
            return None
        caller = self._caller(headers)
        wanted = None if caller is None else self._what(scope, headers)
        return None if caller is None or wanted is None else (caller, wanted)

    def _caller(self, headers: Mapping[bytes, bytes]) -> Caller | None:
        cookie = headers.get(b"cookie")
        if cookie is None:
            return None
        return self._callers.get(cookie) or self._read_caller(cookie)

    def _read_caller(self, cookie: bytes) -> Caller | None:
        found = caller_of(cookies_in(cookie)) if len(cookie) <= COOKIE_MAX_BYTES else None
        if found is not None:
            remember(self._callers, cookie, found)
        return found

    def _what(self, scope: Scope, headers: Mapping[bytes, bytes]) -> Wanted | None:
        """Return what is asked for, None for what is not for us."""
        seen = (
            scope.get("raw_path") or scope["path"],
            scope["query_string"],
            headers.get(b"host"),
            scope["scheme"],
            headers.get(b"accept"),
            headers.get(b"accept-language"),
        )
        return self._wanted.get(seen) or self._read_what(seen, scope, headers)

    def _read_what(self, seen: Seen, scope: Scope, headers: Mapping[bytes, bytes]) -> Wanted | None:
        """Read a request whose like has not been seen; remember a short one where its route's answers are kept."""
        route = None if scope.get("root_path") else route_of(scope["path"])
        if route is None:
            return None
        raw = of_edge(
            scheme=scope["scheme"],
            host=headers.get(b"host", b""),
            path=scope.get("raw_path") or scope["path"].encode(),
            query=scope["query_string"],
            accept=headers.get(b"accept", b""),
            language=headers.get(b"accept-language", b""),
        )
        found = Wanted(asked(raw), route, scope["query_string"])
        if sum(len(part) for part in seen if isinstance(part, (str, bytes))) <= SEEN_MAX:
            remember(self._wanted, seen, found)
        return found


def hit(
    answer: Answer | None, asking: Asking, scope: Scope, headers: Mapping[bytes, bytes], started: float
) -> Hit | None:
    """Return an answer on its way to a caller; None where it has parts for a secret, and the caller none."""
    caller, wanted = asking
    if answer is None or (len(answer.pieces) > 1 and not caller.secret):
        return None
    return Hit(answer, caller.secret, scope, headers, started=started, tally=wanted.route.tally)


def remember(known: dict[K, V], key: K, value: V) -> None:
    """Keep what was read, in the place of what was read first where there is too much."""
    if len(known) >= LIMIT:
        del known[next(iter(known))]
    known[key] = value
