"""Bodies: JSON by what it says, everything else by its bytes."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, NoReturn

from apps.deduplication.keys.digest import PURPOSE, secret

CANONICAL_MAX_BYTES = 64 * 1024  # longer JSON goes by its bytes: reading it would cost more than it could save
JSON_TYPE = b"application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A request's body, in one piece or as it is read."""

    content_type: bytes = b""
    data: "bytes | Iterable[bytes]" = b""


def body_digest(body: Body) -> bytes:
    """Return 32 bytes for the body and its type. Reads what is iterable to its end, a piece at a time.

    JSON up to 64 KiB is taken by its values: the order of an object's members, blanks, escapes and the spelling of a
    float do not count. `1` and `1.0` differ, as they do for whoever reads strictly; so do texts that only Unicode
    normalisation would make equal. With a member named twice, or in JSON that is none, the bytes count.
    """
    kind = canonical_type(body.content_type)
    written = _canonical_json(body.data) if kind.split(b";")[0] == JSON_TYPE else None
    hashed = blake2b(b"%b\x00%d" % (kind, written is not None), key=secret(), digest_size=32, person=PURPOSE)
    for piece in [written] if written is not None else _pieces(body.data):
        hashed.update(piece)
    return hashed.digest()


def canonical_type(content_type: bytes) -> bytes:
    """Return a media type without blanks, its names in lower case."""
    kind, *parameters = content_type.split(b";")
    named = [parameter.strip().partition(b"=") for parameter in parameters]
    return b";".join([kind.strip().lower(), *(name.lower() + equals + value for name, equals, value in named)])


def _pieces(data: "bytes | Iterable[bytes]") -> Iterable[bytes]:
    return [data] if isinstance(data, bytes) else data


def _canonical_json(data: "bytes | Iterable[bytes]") -> bytes | None:
    """Return the value's one spelling; None where the bytes have to count."""
    if not isinstance(data, bytes) or len(data) > CANONICAL_MAX_BYTES:
        return None
    try:
        value = json.loads(data.decode(), object_pairs_hook=_members, parse_constant=_refuse)
        return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
    except (ValueError, RecursionError):  # no UTF-8, no JSON, a name twice, a number too long, nested too deeply
        return None


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is named twice")
    return members


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
