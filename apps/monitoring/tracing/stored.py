"""The spans of a segment as bytes: what the database holds."""

from collections.abc import Sequence

import msgspec

Details = dict[str, str | int | float | bool]


class StoredSpan(msgspec.Struct, array_like=True):
    """Times are nanoseconds since 1970; ids are numbers, 0 for no parent; `kind` as in SpanRecord."""

    span_id: int
    parent_id: int
    name: str
    kind: str
    start: int
    end: int
    is_error: bool
    details: Details
    events: list[tuple[int, str, Details]] = []
    links: list[tuple[str, int]] = []


_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(list[StoredSpan]).decode


def packed(spans: Sequence[StoredSpan]) -> bytes:
    """Return the spans as bytes."""
    return _pack(spans)


def unpacked(data: bytes) -> list[StoredSpan]:
    """Return what was packed; raise msgspec.DecodeError or ValidationError for other bytes."""
    return _unpack(data)
