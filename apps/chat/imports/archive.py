"""The zip of a ChatGPT export: only conversations.json is ever read, and nothing is unpacked to disk."""

import stat
from typing import BinaryIO, cast
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from apps.chat.exceptions import InvalidError

MEMBER = "conversations.json"
# zipfile reads the directory in one piece and makes objects of it: about 100,000 names.
DIRECTORY_MAX_BYTES = 8 * 1024 * 1024
ENCRYPTED = 0x1


class _SmallReads:
    """A file that refuses to be read in huge pieces: a forged directory of a zip asks for one."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seek, self.tell = file.seek, file.tell

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes; raise InvalidError when that is more than a directory may have."""
        if size > DIRECTORY_MAX_BYTES:
            raise InvalidError("file", "lists too many files to be a ChatGPT export.")
        return self._file.read(size)

    def seekable(self) -> bool:
        """Return True: zipfile asks."""
        return True


def open_member(file: BinaryIO) -> BinaryIO:
    """Return conversations.json of the zip as a stream; raise InvalidError for anything forged, odd or missing."""
    try:
        archive = ZipFile(cast("BinaryIO", _SmallReads(file)))
    except (BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise InvalidError("file", f"is a damaged zip: {error}.") from None
    for member in archive.infolist():
        _check_name(member)
    return cast("BinaryIO", _opened(archive, _conversations(archive)))


def _check_name(member: ZipInfo) -> None:
    """Raise InvalidError for a name that would lead out of a folder: nothing is unpacked, but such a zip is forged."""
    name = member.orig_filename.replace("\\", "/")
    is_absolute = name.startswith("/") or name[1:2] == ":"
    if is_absolute or ".." in name.split("/") or "\0" in name or stat.S_ISLNK(member.external_attr >> 16):
        raise InvalidError("file", f"holds a forged name: {member.orig_filename[:100]!r}.")


def _conversations(archive: ZipFile) -> ZipInfo:
    named = [member for member in archive.infolist() if member.filename.rpartition("/")[2] == MEMBER]
    at_root = [member for member in named if member.filename == MEMBER]
    found = at_root or named
    if not found:
        raise InvalidError("file", f"holds no {MEMBER}, as a ChatGPT export does.")
    if len(found) > 1:
        raise InvalidError("file", f"holds {MEMBER} {len(found)} times.")
    return found[0]


def _opened(archive: ZipFile, member: ZipInfo) -> object:
    if member.flag_bits & ENCRYPTED:
        raise InvalidError("file", f"has {MEMBER} encrypted.")
    if member.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        # The others of zipfile expand a whole block at once, whatever is asked for.
        raise InvalidError("file", f"has {MEMBER} packed in another way than deflate.")
    try:
        return archive.open(member)
    except (BadZipFile, NotImplementedError) as error:
        raise InvalidError("file", f"is a damaged zip: {error}.") from None
