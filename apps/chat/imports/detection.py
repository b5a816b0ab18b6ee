"""Which format a file is in: said by the caller, else told by its name and its first character."""

from typing import Literal, cast

from apps.chat.exceptions import InvalidError
from apps.chat.imports.source import Source

Format = Literal["csv", "jsonl", "chatgpt"]
FORMATS: tuple[Format, ...] = ("csv", "jsonl", "chatgpt")
AUTO = "auto"
CSV_SUFFIXES = (".csv", ".csv.gz")


def checked_format(name: str) -> str:
    """Return a format's name or `auto`; raise InvalidError naming `format`."""
    if name != AUTO and name not in FORMATS:
        raise InvalidError("format", f"is none of {AUTO}, {', '.join(FORMATS)}.")
    return name


def detected_format(source: Source, *, filename: str, wanted: str) -> Format:
    """Return the format and leave the text at its start; raise InvalidError where wish and file do not agree."""
    if source.packing == "zip":
        if wanted not in (AUTO, "chatgpt"):
            raise InvalidError("format", "of a zip can only be chatgpt.")
        return "chatgpt"
    if wanted != AUTO:
        return cast("Format", checked_format(wanted))
    if filename.lower().endswith(CSV_SUFFIXES):
        return "csv"
    return {"{": "jsonl", "[": "chatgpt"}.get(_first_character(source), "csv")  # type: ignore[return-value]


def _first_character(source: Source) -> str:
    place = source.text.tell()
    head = source.text.read(4096).lstrip()
    source.text.seek(place)
    return head[:1]
