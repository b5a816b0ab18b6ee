"""An answer as bytes, and whether others may have it."""

from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus

import orjson

from apps.deduplication.keys.headers import ALWAYS

Headers = Iterable[tuple[bytes, bytes]]
KEYED = frozenset({*ALWAYS, b"cookie", b"host"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole answer, without what belongs to one request: its id and its times."""

    status: int
    headers: Headers
    body: bytes

    def field(self, name: bytes) -> bytes:
        """Return the value of a header by its lower-case name, empty without one."""
        return next((value for given, value in self.headers if given.lower() == name), b"")

    def encoded(self) -> bytes:
        """Return the form that waiters get: a line of JSON, then the body."""
        fields = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in self.headers]
        return b"%b\n%b" % (orjson.dumps((self.status, fields)), self.body)


def decoded(data: bytes) -> Answer:
    """Return the answer."""
    head, _, body = data.partition(b"\n")
    status, fields = orjson.loads(head)
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields]
    return Answer(status=status, headers=headers, body=body)


def why_alone(status: int, headers: Headers) -> str:
    """Return what makes an answer its own caller's alone, empty if nothing does.

    Errors may be the caller's luck only. A cookie is for one client: whatever holds a CSRF token sets one. An answer
    that varies by what the key does not hold may be wrong for the others.
    """
    if status >= HTTPStatus.BAD_REQUEST:
        return "error"
    for name, value in headers:
        if (lower := name.lower()) in TELLING and (reason := TELLING[lower](value.lower())):
            return reason
    return ""


def _of_cookie(_: bytes) -> str:
    return "cookie"


def _of_vary(value: bytes) -> str:
    return "" if KEYED.issuperset(part.strip() for part in value.split(b",")) else "vary"


def _of_cache(value: bytes) -> str:
    return "no-store" if b"no-store" in value else ""


TELLING = {b"set-cookie": _of_cookie, b"vary": _of_vary, b"cache-control": _of_cache}
