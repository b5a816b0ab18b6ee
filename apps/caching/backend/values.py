"""What Django's cache may keep, as bytes: plain types in MessagePack, of which each comes back as what it was.

Bytes are kept in memory as well, and decoded at each read: nobody can change another reader's list.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from django.utils.safestring import SafeString

from apps.caching.exceptions import EntryError

Ext = msgspec.msgpack.Ext
TUPLE, PAIRS, WHOLE, DATETIME, DATE, DECIMAL, SAFE = range(1, 8)
SAFE_TYPES = "None, bool, int, float, str, bytes, list, dict, tuple, date, datetime, Decimal and SafeString"
PLAIN, PICKLED = b"m", b"p"
INT_MIN, INT_END = -(2**63), 2**63
_encode = msgspec.msgpack.Encoder().encode


class UnsafeTypeError(TypeError):
    """A value of a kind that could only be kept by pickling it."""


class Values:
    """Encodes and decodes. Other types than the safe ones are refused, but where pickling was asked for."""

    def __init__(self, *, is_pickle_allowed: bool) -> None:
        self._pickles = import_module("apps.caching.backend.pickles") if is_pickle_allowed else None

    def encode(self, value: Any) -> bytes:
        """Return the value's bytes; raise TypeError for a type that is not safe."""
        try:
            return PLAIN + _encode(_plain(value))
        except UnsafeTypeError:
            if self._pickles is None:
                raise
            return PICKLED + bytes(self._pickles.packed(value))

    def decode(self, data: bytes) -> Any:
        """Return the value of bytes that were authenticated; raise EntryError."""
        if data[:1] == PLAIN:
            return _decoded(data[1:])
        if self._pickles is None:
            raise EntryError("It was pickled, and OPTIONS do not allow that.")
        return self._pickles.unpacked(data[1:])


def _plain(value: Any) -> Any:
    """Return the value as MessagePack can tell it apart."""
    way = _WAYS.get(type(value))
    if way is None:
        raise UnsafeTypeError(
            f"A {type(value).__module__}.{type(value).__qualname__} is not kept: {SAFE_TYPES} are; "
            'OPTIONS {"ALLOW_PICKLE": True} allows all that can be pickled.'
        )
    return way(value)


def _itself(value: Any) -> Any:
    return value


def _whole(value: int) -> Any:
    return value if INT_MIN <= value < INT_END else Ext(WHOLE, str(value).encode())


def _list(value: list[Any]) -> Any:
    return [_plain(one) for one in value]


def _tuple(value: tuple[Any, ...]) -> Any:
    return Ext(TUPLE, _encode([_plain(one) for one in value]))


def _dict(value: dict[Any, Any]) -> Any:
    if all(type(key) is str for key in value):
        return {key: _plain(one) for key, one in value.items()}
    return Ext(PAIRS, _encode([[_plain(key), _plain(one)] for key, one in value.items()]))


def _datetime(value: datetime) -> Any:
    """Keep the name of a zone; an offset alone would be wrong after the next change of the clocks."""
    zone = value.tzinfo
    if zone is None or zone is UTC:
        name = "" if zone is None else "UTC"
    elif type(zone) is ZoneInfo and zone.key:
        name = f"/{zone.key}"
    else:
        raise UnsafeTypeError(f"A datetime in the zone {zone!r} is not kept: one in UTC or a ZoneInfo with a name is.")
    return Ext(DATETIME, _encode([value.replace(tzinfo=None).isoformat(), name, value.fold]))


_WAYS: dict[type, Callable[[Any], Any]] = {
    type(None): _itself,
    bool: _itself,
    float: _itself,
    str: _itself,
    bytes: _itself,
    int: _whole,
    list: _list,
    tuple: _tuple,
    dict: _dict,
    datetime: _datetime,
    date: lambda value: Ext(DATE, value.isoformat().encode()),
    Decimal: lambda value: Ext(DECIMAL, str(value).encode()),
    SafeString: lambda value: Ext(SAFE, value.encode()),
}


def _decoded(data: bytes | memoryview) -> Any:
    try:
        return _decoder.decode(data)
    except (msgspec.MsgspecError, ValueError, ArithmeticError) as error:
        raise EntryError(str(error)) from None


def _datetime_of(data: memoryview) -> datetime:
    text, name, fold = _decoded(data)
    zone = None if not name else UTC if name == "UTC" else ZoneInfo(name[1:])
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold)


def _text(data: memoryview) -> str:
    return str(data, "utf-8")


_KINDS: dict[int, Callable[[memoryview], Any]] = {
    TUPLE: lambda data: tuple(_decoded(data)),
    PAIRS: lambda data: {key: value for key, value in _decoded(data)},  # noqa: C416  (pairs are lists)
    WHOLE: lambda data: int(_text(data)),
    DATETIME: _datetime_of,
    DATE: lambda data: date.fromisoformat(_text(data)),
    DECIMAL: lambda data: Decimal(_text(data)),
    SAFE: lambda data: SafeString(_text(data)),
}


def _extended(code: int, data: memoryview) -> Any:
    kind = _KINDS.get(code)
    if kind is None:
        raise EntryError(f"There is no kind {code}.")
    return kind(data)


_decoder = msgspec.msgpack.Decoder(ext_hook=_extended)
