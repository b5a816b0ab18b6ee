"""Bytes to text: UTF-8, or UTF-16 where a byte order mark says so. What is no text is marked, never guessed at."""

import codecs
from typing import BinaryIO

# No rule on texts lets a lone surrogate pass, so the row around this mark is refused and the others go in.
MARK = "\udcff"
ERRORS = "perfsite.marked"
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def detected_encoding(stream: BinaryIO) -> str:
    """Return the encoding the stream's first bytes name; leaves it behind the byte order mark, else at its start."""
    head = stream.read(3)
    for mark, encoding in BYTE_ORDER_MARKS:
        if head.startswith(mark):
            stream.seek(len(mark))
            return encoding
    stream.seek(0)
    return "utf-8"


def _marked(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return MARK, error.end


codecs.register_error(ERRORS, _marked)
