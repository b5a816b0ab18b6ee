"""Rows of a CSV file: columns conversation and text, and author, role and sent_at where it has them."""

import csv
from collections import deque
from collections.abc import Iterator
from functools import lru_cache
from typing import TextIO

from apps.chat.exceptions import InvalidError
from apps.chat.imports.encoding import MARK
from apps.chat.imports.limits import LINE_MAX_CHARACTERS
from apps.chat.imports.moment import moment
from apps.chat.imports.row import Row, author_name, message_role, message_text, source_id, tidy_title
from apps.chat.records import RefusedRow

COLUMNS = ("conversation", "author", "role", "sent_at", "text")
REQUIRED = ("conversation", "text")
# A stray quote swallows lines up to csv's bound on a field. They are given back and read again, within this much.
GIVEN_BACK_MAX_CHARACTERS = 32 * 1024 * 1024


class _Lines:
    """Lines for csv.reader, numbered; those of a record that came to nothing can be given back."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._waiting: deque[str] = deque()
        self._record: list[str] = []
        self._left = GIVEN_BACK_MAX_CHARACTERS
        self.number = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._waiting.popleft() if self._waiting else self._read()
        if not line:
            raise StopIteration
        self.number += 1
        self._record.append(line)
        return line

    def begin_record(self) -> int:
        """Return the number of the line the next record begins on."""
        self._record.clear()
        return self.number + 1

    def give_back(self) -> None:
        """Have all lines of the record but its first read again, while the allowance lasts."""
        behind = self._record[1:]
        self._left -= sum(map(len, behind))
        if self._left >= 0:
            self._waiting.extendleft(reversed(behind))
            self.number -= len(behind)

    def _read(self) -> str:
        line = self._text.readline(LINE_MAX_CHARACTERS)
        if len(line) < LINE_MAX_CHARACTERS or line.endswith(("\n", "\r")):
            return line
        while line and not line.endswith(("\n", "\r")):
            line = self._text.readline(LINE_MAX_CHARACTERS)
        self.number += 1
        raise csv.Error(f"the line has more than {LINE_MAX_CHARACTERS:,} characters")


def csv_rows(text: TextIO) -> Iterator[Row | RefusedRow]:
    """Yield every record behind the header as a row or a refusal; raise InvalidError for a header that will not do."""
    lines = _Lines(text)
    reader = csv.reader(lines, strict=True)
    places = _places(reader)
    while True:
        line = lines.begin_record()
        try:
            cells = next(reader)
            if cells:
                yield _row(line, cells, places)
        except StopIteration:
            return
        except csv.Error as error:
            lines.give_back()
            yield RefusedRow(line=line, reason=f"{error}.")
        except _ColumnsError as error:
            lines.give_back()
            yield RefusedRow(line=line, reason=str(error))
        except InvalidError as error:
            yield RefusedRow(line=line, reason=_reason(error, cells))


class _ColumnsError(Exception):
    """A record has more or fewer cells than the header."""


def _places(reader: Iterator[list[str]]) -> tuple[int, ...]:
    """Return where the columns stand and how many there are in all; -1 for those the file lacks."""
    try:
        header = [cell.strip().lower() for cell in next(reader, [])]
    except csv.Error as error:
        raise InvalidError("file", f"has no header that can be read: {error}.") from None
    missing = [name for name in REQUIRED if name not in header]
    if missing:
        raise InvalidError("file", f"has no column {' and no column '.join(missing)} in its first line.")
    twice = next((name for name in COLUMNS if header.count(name) > 1), None)
    if twice:
        raise InvalidError("file", f"has the column {twice} more than once.")
    return (*(header.index(name) if name in header else -1 for name in COLUMNS), len(header))


def _row(line: int, cells: list[str], places: tuple[int, ...]) -> Row:
    conversation, author, role, sent_at, text, count = places
    if len(cells) != count:
        raise _ColumnsError(f"has {len(cells)} columns where the header has {count}.")
    name = source_id(cells[conversation])
    return Row(
        line=line,
        conversation=name,
        title=_title(name),
        author=author_name(cells[author]) if author >= 0 else None,
        role=message_role(cells[role]) if role >= 0 else "user",
        sent_at=moment(cells[sent_at]) if sent_at >= 0 else None,
        text=message_text(cells[text]),
    )


@lru_cache(maxsize=1024)
def _title(name: str) -> str:
    return tidy_title(name, or_else=name)


def _reason(error: InvalidError, cells: list[str]) -> str:
    """Return why a row is refused; a mark among its cells means its bytes are no text at all."""
    return "is not valid UTF-8 or UTF-16." if any(MARK in cell for cell in cells) else str(error)
