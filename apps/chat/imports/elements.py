"""The elements of a large JSON list, one at a time, without parsing what lies between.

A parser of the whole list (ijson) gives up at the first broken element, turns lone surrogates into question marks and
bounds nothing. Here each element is cut out by its brackets, so that it can be parsed, and refused, by itself.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO

from apps.chat.exceptions import InvalidError
from apps.chat.imports.limits import ELEMENT_MAX_CHARACTERS
from apps.chat.records import RefusedRow

CHUNK_CHARACTERS = 64 * 1024
IN_LIST, IN_ELEMENT = 1, 2
BETWEEN = " \t\r\n,"
# A whole string, a bracket, or the quote of a string that goes on in the next chunk.
_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{}"]', re.DOTALL)
_STRING_REST = re.compile(r'[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """The JSON text of one element and the line it begins on."""

    line: int
    text: str


class _Splitter:
    """Where the reading stands: how deep, in a string or not, and the pieces of the element begun."""

    def __init__(self) -> None:
        self.depth = 0
        self._line = self._start_line = 1
        self._is_in_string = False
        self._pieces: list[str] = []
        self._size = 0
        self._chunk = ""
        self._kept = self._counted = 0

    def feed(self, chunk: str) -> Iterator[Element | RefusedRow]:
        """Yield the elements that end in this chunk, which must not end in a backslash."""
        self._chunk, self._kept, self._counted = chunk, 0, 0
        for token in self._brackets():
            if token.group() in "[{":
                yield from self._opened(token.start())
            else:
                yield from self._closed(token.end())
        self._count_to(len(chunk))
        self._keep_to(len(chunk))

    def end(self) -> RefusedRow:
        """Return the refusal of what has begun when the file ends before its list does."""
        line = self._start_line if self.depth >= IN_ELEMENT else self._line
        return RefusedRow(line=line, reason="json: the file ends before its list does.")

    def _brackets(self) -> Iterator[re.Match[str]]:
        """Yield the brackets outside strings until the list is closed."""
        place = 0
        if self._is_in_string:
            rest = _STRING_REST.match(self._chunk)
            if rest is None:
                return
            self._is_in_string, place = False, rest.end()
        for token in _TOKEN.finditer(self._chunk, place):
            if token.group() == '"':
                self._is_in_string = True
            elif token.group()[0] != '"':
                yield token
            if self._is_in_string or self.depth == 0:
                return

    def _opened(self, start: int) -> Iterator[RefusedRow]:
        self.depth += 1
        if self.depth == IN_LIST:
            self._kept = start + 1
        elif self.depth == IN_ELEMENT:
            self._keep_to(start)
            self._count_to(start)
            yield from self._strayed()
            self._start_line = self._line

    def _closed(self, end: int) -> Iterator[Element | RefusedRow]:
        self.depth -= 1
        if self.depth == IN_LIST:
            self._keep_to(end)
            yield self._element()
        elif self.depth == 0:
            self._keep_to(end - 1)
            self._count_to(end - 1)
            yield from self._strayed()
            self._kept = len(self._chunk)

    def _element(self) -> Element | RefusedRow:
        text = self._taken()
        if text is None:
            return _too_long(self._start_line)
        return Element(line=self._start_line, text=text)

    def _strayed(self) -> Iterator[RefusedRow]:
        """Yield a refusal for what stands between elements and is none itself."""
        text = self._taken()
        if text is None:
            yield _too_long(self._line)
        elif stray := text.lstrip(BETWEEN):
            yield RefusedRow(line=self._line - stray.count("\n"), reason="json: is no object.")

    def _count_to(self, end: int) -> None:
        self._line += self._chunk.count("\n", self._counted, end)
        self._counted = end

    def _keep_to(self, end: int) -> None:
        self._size += end - self._kept
        if self._size > ELEMENT_MAX_CHARACTERS:
            self._pieces.clear()
        else:
            self._pieces.append(self._chunk[self._kept : end])
        self._kept = end

    def _taken(self) -> str | None:
        text = None if self._size > ELEMENT_MAX_CHARACTERS else "".join(self._pieces)
        self._pieces, self._size = [], 0
        return text


def list_elements(text: TextIO) -> Iterator[Element | RefusedRow]:
    """Yield each element, or the refusal of one too long or cut off; raise InvalidError when this is no list."""
    head = text.read(1)
    blank = ""
    while head and head.isspace():
        blank = f"{blank}{head}"[-CHUNK_CHARACTERS:]
        head = text.read(1)
    if head != "[":
        raise InvalidError("file", "is no JSON list of conversations.")
    splitter = _Splitter()
    chunk = f"{blank}{head}{_chunk(text)}"
    while chunk:
        yield from splitter.feed(chunk)
        if splitter.depth == 0:
            return
        chunk = _chunk(text)
    yield splitter.end()


def _chunk(text: TextIO) -> str:
    """Return the next piece, never with an escape cut in two."""
    chunk = text.read(CHUNK_CHARACTERS)
    while chunk.endswith("\\") and (more := text.read(1)):
        chunk += more
    return chunk


def _too_long(line: int) -> RefusedRow:
    return RefusedRow(line=line, reason=f"json: has more than {ELEMENT_MAX_CHARACTERS:,} characters.")
