"""A finished answer: what every request with the same key may be given."""

from collections.abc import Iterable
from hashlib import blake2b
from http import HTTPStatus
from typing import ClassVar

import msgspec
from django.http import HttpResponse, HttpResponseBase

from apps.deduplication.http.answer import why_alone

Headers = tuple[tuple[bytes, bytes], ...]
OWN = frozenset(
    {
        b"cache-status", b"connection", b"date", b"ratelimit", b"ratelimit-policy", b"retry-after", b"server-timing",
        b"traceparent", b"x-request-id",
    }
)  # fmt: skip
OF_BODY = frozenset({b"content-length", b"content-type"})
ETAG_BYTES = 12


class StoredAnswer(msgspec.Struct, frozen=True):
    """A whole 200. Between its pieces goes the reader's form token; `etag` is weak then, for no two bodies are equal.

    `headers` are without the ETag: with a token it is the reader's own. `head` and `head_304` are the same as they are
    written, the latter without what tells of the body.
    """

    level: ClassVar[str] = "L2"  # where it is given out from

    headers: Headers
    head: bytes
    head_304: bytes
    etag: bytes
    pieces: tuple[bytes, ...]


class Body(msgspec.Struct, frozen=True, gc=False):
    """All that an answer says, the same for everybody, with its strong ETag."""

    content: bytes
    etag: bytes


def body_of(content: bytes) -> Body:
    """Return the bytes with their ETag."""
    return Body(content=content, etag=_digest(content))


def why_not(response: HttpResponse) -> str:
    """Return what makes a whole 200 its own request's alone, empty if nothing does."""
    return why_alone(HTTPStatus.OK, _headers(response))


def stored(response: HttpResponse, *, placeholder: bytes) -> StoredAnswer:
    """Return an answer to be kept; `placeholder` stands where a token belongs, empty where there is none."""
    pieces = tuple(response.content.split(placeholder)) if placeholder else (response.content,)
    kept = lasting(response)
    return StoredAnswer(
        headers=kept,
        head=written(kept),
        head_304=written(one for one in kept if one[0] not in OF_BODY),
        etag=etag_of(response, pieces),
        pieces=pieces,
    )


def lasting(response: HttpResponseBase) -> Headers:
    """Return the headers that the same answer has the next time, without its ETag."""
    return tuple(one for one in _headers(response) if one[0] not in OWN and one[0] != b"etag")


def written(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return headers as they are sent."""
    return b"".join(b"%b: %b\r\n" % header for header in headers)


def etag_of(response: HttpResponse, pieces: Iterable[bytes]) -> bytes:
    """Return the answer's own strong ETag, or one made of its pieces."""
    if given := response.headers.get("ETag"):
        return given.encode()
    return _digest(b"\0".join(pieces))


def _digest(data: bytes) -> bytes:
    return b'"%b"' % blake2b(data, digest_size=ETAG_BYTES).hexdigest().encode()


def known(header: bytes) -> frozenset[bytes]:
    """Return the ETags of an If-None-Match, as weak comparison has them (RFC 9110, 13.1.2)."""
    return frozenset(one.strip().removeprefix(b"W/") for one in header.split(b","))


def is_known(etag: bytes, header: bytes) -> bool:
    """Return whether the caller has the answer already."""
    return bool(header) and (header == etag or etag.removeprefix(b"W/") in known(header) or header.strip() == b"*")


def restored(answer: StoredAnswer, *, token: bytes) -> HttpResponse:
    """Return a stored answer as the view would have returned it; the middleware adds what it adds to any."""
    response = HttpResponse(token.join(answer.pieces))
    for name, value in answer.headers:
        response.headers[name.decode("latin-1")] = value.decode("latin-1")
    response.headers["ETag"] = answer.etag.decode("latin-1")
    return response


def _headers(response: HttpResponseBase) -> Headers:
    fields = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.items()]
    return (*fields, *((b"set-cookie", b"") for _ in response.cookies))
