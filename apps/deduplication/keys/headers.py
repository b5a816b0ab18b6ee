"""The headers an answer may depend on, in one form."""

from collections.abc import Iterable, Mapping
from functools import lru_cache

# Besides what Vary names: the representation, a part of it, a condition, and credentials that are no cookie.
ALWAYS = (
    b"accept",
    b"accept-language",
    b"authorization",
    b"if-match",
    b"if-modified-since",
    b"if-none-match",
    b"if-range",
    b"if-unmodified-since",
    b"range",
)
LISTS = frozenset({b"accept", b"accept-language", b"accept-encoding", b"accept-charset"})
KNOWN_MAX_BYTES = 256
PORTS = {"http": b":80", "https": b":443"}


def canonical_headers(headers: Mapping[bytes, bytes], *, vary: Iterable[bytes] = ()) -> bytes:
    """Return those that count, by name, framed by their lengths; an absent one and an empty one differ."""
    names = sorted({*ALWAYS, *(name.strip().lower() for name in vary)}) if vary else ALWAYS
    found = [(name, canonical_value(name, headers[name])) for name in names if name in headers]
    return b"".join([b"%b:%d:%b" % (name, len(value), value) for name, value in found])


def canonical_value(name: bytes, value: bytes) -> bytes:
    """Return a header's value without blanks that mean nothing; of Accept and its kin with types in lower case, too.

    The order of a list stays: servers break ties by it. Quoted strings and values of parameters are left as they are.
    """
    if name not in LISTS or b'"' in value:
        return value.strip()
    return _known_list(value) if len(value) <= KNOWN_MAX_BYTES else _list(value)


def _list(value: bytes) -> bytes:
    return b",".join([element for part in value.split(b",") if (element := _element(part))])


_known_list = lru_cache(maxsize=256)(_list)  # browsers send few different ones


def _element(part: bytes) -> bytes:
    if b";" not in part:
        return part.strip().lower()
    kind, *parameters = part.split(b";")
    split = [parameter.partition(b"=") for parameter in parameters]
    written = [b"%b%b%b" % (name.strip().lower(), equals, value.strip()) for name, equals, value in split]
    return b";".join([kind.strip().lower(), *written])


def canonical_host(host: bytes, *, scheme: str) -> bytes:
    """Return the host in lower case, without the port that its scheme implies."""
    return host.strip().lower().removesuffix(PORTS.get(scheme, b":"))
