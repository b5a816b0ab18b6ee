"""An entry as shared stores and flights carry it: the value's bytes, when and how it was made, under which stamps."""

import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import msgspec

from apps.caching.exceptions import DeclarationError, EntryError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MUTABLE = (
    msgspec.inspect.ListType,
    msgspec.inspect.DictType,
    msgspec.inspect.SetType,
    msgspec.inspect.ByteArrayType,
    msgspec.inspect.AnyType,
)
LEVEL = 1  # of compression: the fastest of the usual ones; pages are read more often than written, and small
Stamps = tuple[bytes, ...]
_wall = time.time


class Record(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """`created_at` is seconds since 1970 by the clock of who loaded; `life` the loader's own, 0 for the policy's."""

    created_at: float
    load_seconds: float
    life: float
    draw: float
    is_compressed: bool
    stamps: Stamps
    payload: bytes

    def age(self) -> float:
        """Return the seconds since it was made; a clock that was set back makes nothing older than now."""
        return max(0.0, _wall() - self.created_at)


def packed(record: Record, *, compress_bytes: int) -> Record:
    """Return the record as it is stored: compressed where it is large, and that makes it smaller."""
    if len(record.payload) < compress_bytes:
        return record
    small = _thread.compressor.compress(record.payload, zstd.ZstdCompressor.FLUSH_FRAME)
    if len(small) >= len(record.payload):
        return record
    return msgspec.structs.replace(record, payload=small, is_compressed=True)


class _Thread(threading.local):
    """A compressor per thread: making one takes longer than compressing a page."""

    def __init__(self) -> None:
        self.compressor = zstd.ZstdCompressor(LEVEL)


_thread = _Thread()
_decoder = msgspec.msgpack.Decoder(Record)
encoded: Callable[[Record], bytes] = msgspec.msgpack.Encoder().encode


def decoded(data: bytes) -> Record:
    """Return the record; raise EntryError."""
    try:
        return _decoder.decode(data)
    except msgspec.MsgspecError as error:
        raise EntryError(str(error)) from None


class Codec:
    """Turns values of one type into bytes and back: MessagePack, and zstd for large ones. Nothing is ever executed."""

    def __init__(self, kind: Any) -> None:
        _check_immutable(msgspec.inspect.type_info(kind), str(kind))
        self._encode = msgspec.msgpack.Encoder().encode
        self._decoder = msgspec.msgpack.Decoder(kind | None)

    def encode(self, value: Any) -> bytes:
        """Return the value's bytes."""
        return self._encode(value)

    def value(self, record: Record) -> Any:
        """Return the value of a record; raise EntryError."""
        try:
            data = zstd.decompress(record.payload) if record.is_compressed else record.payload
            return self._decoder.decode(data)
        except (msgspec.MsgspecError, zstd.ZstdError) as error:
            raise EntryError(str(error)) from None


def _check_immutable(info: Any, where: str) -> None:
    """Raise DeclarationError for a type whose values one caller could change for all others."""
    if isinstance(info, MUTABLE):
        raise DeclarationError(f"{where} holds a {type(info).__name__}: what is kept in memory must be immutable.")
    if isinstance(info, msgspec.inspect.StructType) and not info.cls.__struct_config__.frozen:
        raise DeclarationError(f"{info.cls.__name__} is not frozen.")
    parameters: Any = getattr(getattr(info, "cls", None), "__dataclass_params__", None)
    if parameters is not None and not parameters.frozen:
        raise DeclarationError(f"{info.cls.__name__} is not frozen.")
    for part in _inner(info):
        _check_immutable(part, where)


def _inner(info: Any) -> list[Any]:
    if hasattr(info, "fields"):
        return [field.type for field in info.fields]
    item = getattr(info, "item_type", None)
    many = getattr(info, "types", None) or getattr(info, "item_types", None) or ()
    return [*many, *([item] if item is not None and not isinstance(item, tuple) else [])]
