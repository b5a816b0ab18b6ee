"""How much a file may hold: the bounds that keep a small upload from filling memory, disk or the database."""

from dataclasses import dataclass

from django.conf import settings

from apps.chat.exceptions import InvalidError

MEBIBYTE = 1024 * 1024
EXPANSION = 20  # the unpacked file against the largest upload
RATIO_MAX = 200  # unpacked against packed bytes; chat text packs 5 to 30 times
RATIO_FREE_BYTES = 32 * MEBIBYTE  # a small file may be as repetitive as it likes
ELEMENT_MAX_CHARACTERS = 16 * MEBIBYTE  # one line of JSONL, one conversation of a ChatGPT export
# An element of nothing but [] or 0 becomes a hundred times its size in memory; one of real messages has fewer of both.
ELEMENT_MAX_BRACKETS = 1_000_000
ELEMENT_MAX_MESSAGES = 600_000
LINE_MAX_CHARACTERS = 1024 * 1024  # one line of a CSV file


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds in bytes: of the file as it comes, None for no bound, and of what it unpacks to."""

    file_bytes: int | None
    expanded_bytes: int

    def check_size(self, size: int) -> None:
        """Raise InvalidError for a file that is empty or too large."""
        if size == 0:
            raise InvalidError("file", "is empty.")
        if self.file_bytes is not None and size > self.file_bytes:
            raise InvalidError("file", f"is larger than {self.file_bytes // MEBIBYTE:,} MB.")

    def check_expansion(self, *, expanded: int, packed: int) -> None:
        """Raise InvalidError when so many bytes came out of so few."""
        if expanded > self.expanded_bytes:
            raise InvalidError("file", f"unpacks to more than {self.expanded_bytes // MEBIBYTE:,} MB.")
        if expanded > RATIO_FREE_BYTES and expanded > RATIO_MAX * packed:
            raise InvalidError("file", f"unpacks to more than {RATIO_MAX} times its size.")


def upload_limits() -> Limits:
    """Return the bounds of files from the web."""
    largest = settings.CHAT_IMPORT_MAX_MEGABYTES * MEBIBYTE
    return Limits(file_bytes=largest, expanded_bytes=EXPANSION * largest)


def operator_limits() -> Limits:
    """Return the bounds of files the operator names: any size, the same expansion."""
    return Limits(file_bytes=None, expanded_bytes=upload_limits().expanded_bytes)
