"""A request that carries a key: whose, for what, and with which payload."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest

from apps.deduplication.idempotency.key import parsed_key
from apps.deduplication.keys.body import Body, body_digest
from apps.deduplication.keys.digest import digest
from apps.deduplication.keys.path import path_as_read
from apps.deduplication.keys.query import canonical_query

FORM = "multipart/form-data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """`digest` names principal, method, path and key; `fingerprint` the payload: query and body."""

    user_id: int
    method: str
    path: str
    digest: str
    fingerprint: str


def attempt_of(request: HttpRequest, *, user_id: int, key: str) -> Attempt:
    """Return the attempt; raise KeyFormatError. Reads body and uploads, which are at their beginning afterwards."""
    method, path = request.method or "", path_as_read(request.path)
    parts = (b"%d" % user_id, method.encode(), path, parsed_key(key).encode())
    return Attempt(
        user_id=user_id,
        method=method,
        path=path.decode(),
        digest=digest(b"idempotency", *parts),
        fingerprint=fingerprint(request),
    )


def fingerprint(request: HttpRequest) -> str:
    """Return a digest of query and body: JSON by its values, a form by its fields and files, the rest by its bytes.

    A form sent again is written differently: browsers draw a new boundary each time.
    """
    query = canonical_query(request.META.get("QUERY_STRING", "").encode("latin-1", "replace"))
    if request.method == "POST" and request.content_type == FORM:
        body = Body(content_type=FORM.encode(), data=_form(request))
    else:
        body = Body(content_type=request.META.get("CONTENT_TYPE", "").encode("latin-1", "replace"), data=request.body)
    return digest(query, body_digest(body))


def _form(request: HttpRequest) -> Iterator[bytes]:
    for name, values in sorted(request.POST.lists()):
        yield from _framed(name, *map(str, values))
    for name, uploads in sorted(request.FILES.lists()):
        for upload in uploads:
            yield from _uploaded(name, upload)


def _uploaded(name: str, upload: object) -> Iterator[bytes]:
    assert isinstance(upload, UploadedFile)  # noqa: S101  (what Django's parser makes)
    yield from _framed(name, upload.name or "", str(upload.size))
    yield from upload.chunks()
    upload.seek(0)


def _framed(*texts: str) -> Iterable[bytes]:
    encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
    return [b"%d;" % len(encoded), *(b"%d:%b" % (len(text), text) for text in encoded)]
