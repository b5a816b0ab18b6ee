"""An imported file opened as text: plain, gzip or zip, bounded on the way out."""

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, Literal, TextIO, cast
from zipfile import BadZipFile

from apps.chat.exceptions import InvalidError
from apps.chat.imports.archive import open_member
from apps.chat.imports.encoding import ERRORS, detected_encoding
from apps.chat.imports.limits import Limits

Packing = Literal["plain", "gzip", "zip"]
CHUNK_BYTES = 256 * 1024
MAGIC: tuple[tuple[bytes, Packing], ...] = ((b"\x1f\x8b", "gzip"), (b"PK\x03\x04", "zip"), (b"PK\x05\x06", "zip"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Text to read from its start, how it was packed, and how far the file behind it has been read."""

    text: TextIO
    packing: Packing
    file: BinaryIO

    def position(self) -> int:
        """Return how many bytes of the file, as it came, have been read."""
        return self.file.tell()


class _Bounded(io.RawIOBase):
    """What comes out of a packed file: counted, bounded, its damage told as an InvalidError."""

    def __init__(self, inner: BinaryIO, *, file: BinaryIO, limits: Limits | None) -> None:
        self._inner, self._file, self._limits = inner, file, limits
        self._count = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._inner.seek(offset, whence)

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override]
        data = _read(self._inner, len(buffer))
        self._count += len(data)
        if self._limits is not None:
            self._limits.check_expansion(expanded=self._count, packed=self._file.tell())
        buffer[: len(data)] = data
        return len(data)


@contextmanager
def opened(file: BinaryIO, *, limits: Limits) -> Iterator[Source]:
    """Yield the file as text from its start; raise InvalidError, also while it is read, for damage and expansion."""
    packing = packing_of(file)
    with _expanded(file, packing, limits) as stream:
        encoding = detected_encoding(cast("BinaryIO", stream))
        text = io.TextIOWrapper(stream, encoding=encoding, errors=ERRORS, newline="")
        yield Source(text=text, packing=packing, file=file)


def check_packing(file: BinaryIO, *, limits: Limits, at_most_bytes: int | None = None) -> None:
    """Unpack without keeping anything, so that a bomb or a damaged file is refused before a row is written.

    Reads all that is packed, or the first `at_most_bytes` of it. Blocks; raises InvalidError.
    """
    packing = packing_of(file)
    if packing == "plain":
        return
    count = 0
    with _expanded(file, packing, limits) as stream:
        while data := stream.read(CHUNK_BYTES):
            count += len(data)
            if at_most_bytes is not None and count >= at_most_bytes:
                return


def packing_of(file: BinaryIO) -> Packing:
    """Return how the file is packed, by its first bytes; leaves it at its start."""
    file.seek(0)
    head = file.read(4)
    file.seek(0)
    return next((packing for magic, packing in MAGIC if head.startswith(magic)), "plain")


@contextmanager
def _expanded(file: BinaryIO, packing: Packing, limits: Limits) -> Iterator["io.BufferedReader[_Bounded]"]:
    """Yield the file's bytes unpacked. The file itself stays open: it is the caller's."""
    inner: BinaryIO = file
    if packing == "gzip":
        inner = cast("BinaryIO", gzip.GzipFile(fileobj=file, mode="rb"))
    elif packing == "zip":
        inner = open_member(file)
    bounded = _Bounded(inner, file=file, limits=None if packing == "plain" else limits)
    reader = io.BufferedReader(bounded, CHUNK_BYTES)
    try:
        yield reader
    finally:
        if inner is not file:
            inner.close()


def _read(inner: BinaryIO, size: int) -> bytes:
    try:
        return inner.read(size)
    except (EOFError, zlib.error, gzip.BadGzipFile, BadZipFile) as error:
        raise InvalidError("file", f"is damaged: {error}.") from None
