"""Queries that hold the same parameters, written one way."""

from functools import lru_cache
from urllib.parse import unquote_to_bytes

KNOWN_MAX_BYTES = 256


def canonical_query(raw: bytes) -> bytes:
    """Return the parameters sorted by name and framed by their lengths.

    Several of one name stay in their order, which is the order a view reads them in. `+`, `%20` and the letters' case
    in a triplet do not count; an absent parameter, an empty one (`a=`) and a bare one (`a`) are three things.
    """
    return _known(raw) if len(raw) <= KNOWN_MAX_BYTES else _canonical(raw)


def _canonical(raw: bytes) -> bytes:
    pairs = [_pair(part) for part in raw.split(b"&") if part]
    if len(pairs) > 1:
        pairs.sort(key=_name)  # stable
    return b"".join([b"%d:%b%b" % (len(name), name, value) for name, value in pairs])


_known = lru_cache(maxsize=1024)(_canonical)  # pages ask for few different ones, over and over


def _pair(part: bytes) -> tuple[bytes, bytes]:
    name, equals, value = part.partition(b"=")
    value = _decoded(value)
    return _decoded(name), b"%d:%b" % (len(value), value) if equals else b"-"


def _decoded(text: bytes) -> bytes:
    if b"+" in text:
        text = text.replace(b"+", b" ")
    return unquote_to_bytes(text) if b"%" in text else text


def _name(pair: tuple[bytes, bytes]) -> bytes:
    return pair[0]
