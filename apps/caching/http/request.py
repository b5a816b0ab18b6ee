"""Which answer a request asks for: one name for all requests that must get the same."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.http.cookie import parse_cookie

from apps.caching.http.token import usable
from apps.caching.session_name import digest_of
from apps.deduplication.keys.digest import digest
from apps.deduplication.keys.headers import canonical_host, canonical_value
from apps.deduplication.keys.path import canonical_path, path_as_read
from apps.deduplication.keys.query import canonical_query

SAFE = frozenset({"GET", "HEAD"})
# A request with one of these goes on to the view: it asks for a part, under a condition, with other credentials, or
# sends something. If-None-Match is answered.
ALONE = frozenset(
    {
        b"authorization", b"content-length", b"expect", b"if-match", b"if-modified-since", b"if-range",
        b"if-unmodified-since", b"range", b"transfer-encoding", b"upgrade",
    }
)  # fmt: skip
ON = ALONE | {b"pragma", b"x-cache-bypass"}  # these go on from the edge
RELOAD = frozenset({b"", b"max-age=0"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Whose request it is, by the cookies: the session's name, and the secret that the reader's form tokens hide."""

    session: str
    secret: str
    cookies: Mapping[str, str]

    def name_of(self, what: str, *, cookies: Iterable[str]) -> str:
        """Return the name of the caller's own answer; `cookies` are those that the route's answers depend on."""
        given = [self.cookies.get(cookie, "").encode() for cookie in cookies]
        return f"{self.session}{what}{digest(*given) if given else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked for, whoever asks: `what` names it, `manner` all of it but path and query."""

    what: str
    manner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """The parts of a request that its answer depends on, as they came; path and query in canonical form."""

    scheme: str
    host: bytes
    path: bytes
    query: bytes
    accept: bytes
    language: bytes


def caller_of(cookies: Mapping[str, str]) -> Caller | None:
    """Return who asks; None without a session."""
    session_key = cookies.get(settings.SESSION_COOKIE_NAME, "")
    if not session_key:
        return None
    secret = usable(cookies.get(settings.CSRF_COOKIE_NAME, ""))
    return Caller(session=digest_of(session_key), secret=secret, cookies=cookies)


def cookies_in(header: bytes) -> Mapping[str, str]:
    """Return the cookies of a Cookie header."""
    return parse_cookie(header.decode(errors="replace"))


def asked(raw: Raw) -> Asked:
    """Return what is asked for."""
    manner = digest(
        raw.scheme.encode(),
        canonical_host(raw.host, scheme=raw.scheme),
        canonical_value(b"accept", raw.accept),
        canonical_value(b"accept-language", raw.language),
    )
    return Asked(what=digest(manner.encode(), raw.path, raw.query), manner=manner)


def of_edge(*, scheme: str, host: bytes, path: bytes, query: bytes, accept: bytes, language: bytes) -> Raw:
    """Return a request's parts as the edge has them."""
    return Raw(
        scheme=scheme,
        host=host,
        path=canonical_path(path),
        query=canonical_query(query),
        accept=accept,
        language=language,
    )


def of_django(request: HttpRequest) -> Raw:
    """Return a request's parts as Django has them."""
    meta = request.META
    return Raw(
        scheme=request.scheme or "http",
        host=_bytes(meta.get("HTTP_HOST", "")),
        path=path_as_read(request.path),
        query=canonical_query(_bytes(meta.get("QUERY_STRING", ""))),
        accept=_bytes(meta.get("HTTP_ACCEPT", "")),
        language=_bytes(meta.get("HTTP_ACCEPT_LANGUAGE", "")),
    )


def goes_alone(request: HttpRequest) -> bool:
    """Return whether a header says that the answer is for this request only."""
    return any(request.META.get(_meta_name(name)) for name in ALONE)


def asks_anew(request: HttpRequest) -> bool:
    """Return whether whoever asks wants nothing from memory that was not looked at for them."""
    return _bytes(request.META.get("HTTP_CACHE_CONTROL", "")) not in RELOAD or "HTTP_PRAGMA" in request.META


def _meta_name(name: bytes) -> str:
    text = name.decode().upper().replace("-", "_")
    return text if text.startswith("CONTENT_") else f"HTTP_{text}"


def _bytes(text: str) -> bytes:
    return text.encode("latin-1", "replace")
