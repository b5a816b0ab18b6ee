"""The key of a request, at the edge or inside Django: the same parts in the same order."""

from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any

from django.http import HttpRequest

from apps.deduplication.keys.body import Body, body_digest
from apps.deduplication.keys.digest import digest
from apps.deduplication.keys.headers import canonical_headers, canonical_host
from apps.deduplication.keys.path import canonical_path, path_as_read
from apps.deduplication.keys.query import canonical_query

EMPTY = Body()


def scope_key(
    scope: MutableMapping[str, Any],
    *,
    principal: bytes,
    permission: bytes = b"",
    vary: Iterable[bytes] = (),
    body: Body = EMPTY,
) -> str:
    """Return the key of a request at the edge (32 hexadecimal digits).

    `principal` is who asks: at the edge the session cookie as it came, for nobody is identified yet. Leave it empty for
    strangers, who then share. `vary` are names of further headers that the route's answers depend on. Does not block.
    """
    headers = headers_of(scope)
    return digest(
        principal,
        permission,
        scope["method"].encode(),
        scope.get("scheme", "http").encode(),
        canonical_host(headers.get(b"host", b""), scheme=scope.get("scheme", "http")),
        canonical_path(scope.get("raw_path") or scope["path"].encode()),
        canonical_query(scope["query_string"]),
        canonical_headers(headers, vary=vary),
        b"" if body is EMPTY else body_digest(body),
    )


def headers_of(scope: MutableMapping[str, Any]) -> Mapping[bytes, bytes]:
    """Return the headers by name, those sent several times joined as the edge joins them for Django."""
    pairs = scope["headers"]
    headers: dict[bytes, bytes] = dict(pairs)
    if len(headers) != len(pairs):
        headers = {}
        for name, value in pairs:
            headers[name] = b"%b,%b" % (headers[name], value) if name in headers else value
    return headers


def django_key(
    request: HttpRequest,
    *,
    principal: bytes,
    permission: bytes = b"",
    vary: Iterable[bytes] = (),
    body: Body = EMPTY,
) -> str:
    """Return the key of a request inside Django; equal to the edge's wherever principal and path are written alike.

    Django has decoded the path, so `%2F` is a slash here, as it is for the views.
    """
    scheme = request.scheme or "http"
    headers = {name.lower().encode(): value.encode("latin-1", "replace") for name, value in request.headers.items()}
    return digest(
        principal,
        permission,
        (request.method or "").encode(),
        scheme.encode(),
        canonical_host(headers.get(b"host", b""), scheme=scheme),
        path_as_read(request.path),
        canonical_query(request.META.get("QUERY_STRING", "").encode("latin-1", "replace")),
        canonical_headers(headers, vary=vary),
        b"" if body is EMPTY else body_digest(body),
    )
