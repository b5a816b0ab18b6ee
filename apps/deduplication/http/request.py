"""Whether a request may be joined, and under what key."""

from collections.abc import MutableMapping
from typing import Any

from apps.deduplication.http.route import is_joined
from apps.deduplication.keys import scope_key

SAFE = frozenset({"GET", "HEAD"})
BODY = (b"content-length", b"transfer-encoding")


def flight_key(scope: MutableMapping[str, Any], *, generation: str) -> str | None:
    """Return the key of the request's flight; None for one that goes alone.

    The whole Cookie header is who asks: a session, and whatever else a view might read there. `generation` is what has
    been written so far: who comes after a write never meets who came before it. Does not block.
    """
    if scope["method"] not in SAFE or not is_joined(scope["path"].removeprefix(scope.get("root_path", ""))):
        return None
    cookies = []
    for name, value in scope["headers"]:
        if name == b"cookie":
            cookies.append(value)
        elif name in BODY and value != b"0":
            return None
    return f"{scope_key(scope, principal=b'; '.join(cookies))} {generation}"
