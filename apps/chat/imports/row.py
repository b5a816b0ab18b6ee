"""One message of an imported file, checked: what every format is turned into."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from re import compile as pattern
from typing import cast

from apps.chat.exceptions import InvalidError
from apps.chat.records import MessageRole
from apps.chat.text import (
    IMPORTED_MESSAGE_MAX_CHARACTERS,
    NAME_MAX_CHARACTERS,
    TITLE_MAX_CHARACTERS,
    checked_line,
    checked_text,
)

SOURCE_ID_MAX_CHARACTERS = 255
DERIVED_TITLE_MAX_CHARACTERS = 60
# A tool speaks for the assistant under its own name; "developer" is what newer models call "system".
ROLES = {
    "": "user",
    "user": "user",
    "assistant": "assistant",
    "tool": "assistant",
    "function": "assistant",
    "system": "system",
    "developer": "system",
}
_UNTIDY = pattern("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A message as its file states it; `conversation` is the file's name for it, `author` None where it says none."""

    line: int
    conversation: str
    title: str
    author: str | None
    role: MessageRole
    sent_at: datetime | None
    text: str


@lru_cache(maxsize=1024)
def source_id(value: str) -> str:
    """Return a conversation's name in its file; raise InvalidError naming `conversation`."""
    return checked_line("conversation", value, maximum=SOURCE_ID_MAX_CHARACTERS)


@lru_cache(maxsize=4096)
def author_name(value: str) -> str | None:
    """Return a name without its outer blanks, None for an empty one; raise InvalidError naming `author`."""
    return checked_line("author", value, maximum=NAME_MAX_CHARACTERS) if value.strip() else None


def message_role(value: str) -> MessageRole:
    """Return the role a file's word stands for; raise InvalidError naming `role`."""
    role = ROLES.get(value) or ROLES.get(value.strip().lower())
    if role is None:
        raise InvalidError("role", "is none of user, assistant, system and tool.")
    return cast("MessageRole", role)


def message_text(value: str) -> str:
    """Return the text exactly as it stands; raise InvalidError naming `text`."""
    return checked_text("text", value, maximum=IMPORTED_MESSAGE_MAX_CHARACTERS)


def tidy_title(title: object, *, or_else: str) -> str:
    """Return a title that can be stored: cut, its controls blanked; one made of `or_else` where there is none.

    A title is only what people read, the file's name of the conversation is what counts: no row is refused for it.
    """
    given = _UNTIDY.sub(" ", title).strip() if isinstance(title, str) else ""
    if given:
        return _cut(given, TITLE_MAX_CHARACTERS)
    return _cut(" ".join(_UNTIDY.sub(" ", or_else).split()), DERIVED_TITLE_MAX_CHARACTERS) or "Untitled"


def _cut(text: str, maximum: int) -> str:
    return text if len(text) <= maximum else f"{text[: maximum - 1].rstrip()}…"
