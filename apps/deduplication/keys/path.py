"""Paths that RFC 3986 calls equivalent, written one way."""

import re
from urllib.parse import quote_from_bytes

UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
KEPT = "/:@!$&'()*+,;=~%"  # what a path may hold as it is; the percent sign belongs to a triplet
TRIPLET = re.compile(rb"%[0-9A-Fa-f]{2}")
PLAIN = re.compile(rb"[A-Za-z0-9\-._~/:@!$&'()*+,;=]*")


def canonical_path(raw: bytes) -> bytes:
    """Return the path as it came over the wire with its percent-encoding in one form (RFC 3986, 6.2.2).

    `%7e` is `~`, `%c3` is `%C3`, and so is the bare byte. `%2F` is no slash, `..` stays, case counts.
    """
    if PLAIN.fullmatch(raw):
        return raw
    return TRIPLET.sub(_decoded, quote_from_bytes(raw, safe=KEPT).encode())


def path_as_read(path: str) -> bytes:
    """Return the canonical form of a path that Django has decoded already."""
    return quote_from_bytes(path.encode("utf-8", "surrogatepass"), safe=KEPT.replace("%", "")).encode()


def _decoded(triplet: "re.Match[bytes]") -> bytes:
    code = int(triplet[0][1:], 16)
    return bytes([code]) if code in UNRESERVED else triplet[0].upper()
