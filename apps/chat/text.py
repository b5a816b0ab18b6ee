"""Which text is taken: the same rule for sends, titles and imported rows."""

import re

from apps.chat.exceptions import InvalidError

MESSAGE_MAX_CHARACTERS = 20_000
IMPORTED_MESSAGE_MAX_CHARACTERS = 100_000
TITLE_MAX_CHARACTERS = 200
SYSTEM_PROMPT_MAX_CHARACTERS = 4_000
NAME_MAX_CHARACTERS = 150
CLIENT_ID_MAX_CHARACTERS = 64

_MARKS = re.compile(r"```\w*|[`*~]+|^#+ |^> ?", re.MULTILINE)
_REFUSED = re.compile("[\x00\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
_LINE_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f]")


def checked_text(field: str, text: str, *, maximum: int) -> str:
    """Return the text unchanged; raise InvalidError when it is blank, too long or holds what cannot be kept safely."""
    if len(text) > maximum:
        raise InvalidError(field, f"has {len(text):,} characters; {maximum:,} are the most.")
    if not text.strip():
        raise InvalidError(field, "is blank.")
    if found := _REFUSED.search(text):
        raise InvalidError(field, f"{_named(found.group())} at character {found.start() + 1} is not allowed.")
    return text


def checked_prompt(field: str, text: str) -> str:
    """Return a system prompt, which may be empty; raise InvalidError as checked_text does."""
    return checked_text(field, text, maximum=SYSTEM_PROMPT_MAX_CHARACTERS) if text.strip() else ""


def keepable(text: str) -> str:
    """Return the text without the characters that checked_text refuses, for text that nobody can be told to mend."""
    return _REFUSED.sub("", text)


def checked_line(field: str, text: str, *, maximum: int) -> str:
    """Return a one-line text without its outer blanks; raise InvalidError as checked_text does, and for controls."""
    line = checked_text(field, text.strip(), maximum=maximum)
    if found := _LINE_CONTROLS.search(line):
        raise InvalidError(field, f"the control character U+{ord(found.group()):04X} is not allowed.")
    return line


def without_marks(text: str) -> str:
    """Return Markdown as one line of plain words, for lists; static/chat/sidebar.js does the same."""
    return " ".join(_MARKS.sub("", text).split()) or text


def _named(character: str) -> str:
    code = ord(character)
    if code == 0:
        return "the NUL character"
    if code in range(0xD800, 0xE000):
        return f"the lone surrogate U+{code:04X}"
    return f"the bidirectional control U+{code:04X}"
