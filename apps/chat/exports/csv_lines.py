"""Conversations as CSV, in the columns and the dialect the import reads.

Texts go out exactly as they are, also those that begin with = + - or @: a file that comes back must not have changed.
"""

import csv
import io
from collections.abc import Iterator

from apps.chat.exports.label import readable
from apps.chat.exports.moment import iso
from apps.chat.exports.selection import Exported
from apps.chat.imports.csv_rows import COLUMNS

CHUNK_CHARACTERS = 64 * 1024


def csv_lines(conversations: Exported) -> Iterator[bytes]:
    """Yield the header and a line for each message, in chunks of UTF-8."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS)
    for conversation, messages in conversations:
        name = readable(conversation.title, conversation.label, is_imported=conversation.is_imported)
        for message in messages:
            writer.writerow((name, message.author, message.role, iso(message.sent_at), message.text))
            if buffer.tell() >= CHUNK_CHARACTERS:
                yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> bytes:
    data = buffer.getvalue().encode()
    buffer.seek(0)
    buffer.truncate()
    return data
