"""Rows of a JSONL file: a dialogue in OpenAI's chat format on each line."""

from collections.abc import Iterator
from typing import TextIO

from apps.chat.exceptions import InvalidError
from apps.chat.imports.dialogue import Dialogue, Utterance, dialogue_rows
from apps.chat.imports.json_text import joined_parts, parsed_object
from apps.chat.imports.limits import ELEMENT_MAX_CHARACTERS, ELEMENT_MAX_MESSAGES
from apps.chat.imports.row import Row
from apps.chat.imports.tally import Tally
from apps.chat.records import RefusedRow


def jsonl_rows(text: TextIO, *, tally: Tally) -> Iterator[Row | RefusedRow]:
    """Yield every message as a row or a refusal, and a refusal for each line that is no dialogue."""
    for line, content in _lines(text):
        try:
            yield from dialogue_rows(_dialogue(line, content), tally=tally)
        except InvalidError as error:
            yield RefusedRow(line=line, reason=str(error))


def _lines(text: TextIO) -> Iterator[tuple[int, str | None]]:
    """Yield the lines that are not blank with their numbers, None for one that is too long."""
    number = 0
    while line := text.readline(ELEMENT_MAX_CHARACTERS):
        number += 1
        is_whole = len(line) < ELEMENT_MAX_CHARACTERS or line.endswith(("\n", "\r"))
        if not is_whole:
            _skip_line(text)
            yield number, None
        elif line.strip():
            yield number, line


def _skip_line(text: TextIO) -> None:
    while (line := text.readline(ELEMENT_MAX_CHARACTERS)) and not line.endswith(("\n", "\r")):
        pass


def _dialogue(line: int, content: str | None) -> Dialogue:
    if content is None:
        raise InvalidError("line", f"has more than {ELEMENT_MAX_CHARACTERS:,} characters.")
    value = parsed_object(content)
    messages = value.get("messages")
    if not isinstance(messages, list) or not messages:
        raise InvalidError("messages", "is no list of messages.")
    if len(messages) > ELEMENT_MAX_MESSAGES:
        raise InvalidError("messages", f"has more than {ELEMENT_MAX_MESSAGES:,} entries.")
    return Dialogue(
        line=line,
        name=value.get("id"),
        title=value.get("title"),
        utterances=[_utterance(f"message {number}", message) for number, message in enumerate(messages, start=1)],
    )


def _utterance(place: str, message: object) -> Utterance:
    if not isinstance(message, dict):
        return Utterance(place=place, role=None, name=None, sent_at=None, text=None)
    content = message.get("content")
    return Utterance(
        place=place,
        role=message.get("role"),
        name=message.get("name"),
        sent_at=message.get("created_at"),
        text=content if isinstance(content, str) else joined_parts(content),
    )
