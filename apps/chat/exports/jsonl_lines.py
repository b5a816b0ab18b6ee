"""Conversations as OpenAI chat JSONL: a dialogue on each line, a very long one on several lines with the same id."""

import json
from collections.abc import Iterator
from typing import Any

from apps.chat.exports.moment import iso
from apps.chat.exports.selection import Exported, ExportedConversation, ExportedMessage

# A line is read in one piece when it comes back, so it is not to grow with the conversation.
LINE_CHARACTERS = 1024 * 1024
CHUNK_CHARACTERS = 64 * 1024
PART_CHARACTERS = 100  # what the form adds to a message's text and name


def jsonl_lines(conversations: Exported) -> Iterator[bytes]:
    """Yield lines of UTF-8, several in a chunk where they are short."""
    lines: list[str] = []
    size = 0
    for line in _lines(conversations):
        lines.append(line)
        size += len(line)
        if size >= CHUNK_CHARACTERS:
            yield "".join(lines).encode()
            lines, size = [], 0
    yield "".join(lines).encode()


def _lines(conversations: Exported) -> Iterator[str]:
    for conversation, messages in conversations:
        parts: list[dict[str, Any]] = []
        size = 0
        for message in messages:
            parts.append(_part(message))
            size += len(message.text) + len(message.author) + PART_CHARACTERS
            if size >= LINE_CHARACTERS:
                yield _line(conversation, parts)
                parts, size = [], 0
        if parts:
            yield _line(conversation, parts)


def _line(conversation: ExportedConversation, parts: list[dict[str, Any]]) -> str:
    dialogue = {"id": conversation.label, "title": conversation.title, "messages": parts}
    return f"{json.dumps(dialogue, ensure_ascii=False)}\n"


def _part(message: ExportedMessage) -> dict[str, Any]:
    part = {"role": message.role, "content": message.text}
    if message.is_named:
        part["name"] = message.author
    if message.sent_at:
        part["created_at"] = iso(message.sent_at)
    return part
