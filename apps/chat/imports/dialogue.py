"""A whole conversation stated in one piece, as the JSON formats do: its messages become rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b

from apps.chat.exceptions import InvalidError
from apps.chat.imports.encoding import MARK
from apps.chat.imports.moment import moment
from apps.chat.imports.row import Row, author_name, message_role, message_text, source_id, tidy_title
from apps.chat.imports.tally import Tally
from apps.chat.records import RefusedRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """One message as the file has it, unchecked; `place` says where it is, for the reader of a refusal."""

    place: str
    role: object
    name: object
    sent_at: object
    text: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialogue:
    """A conversation as the file has it, unchecked; `name` is the file's own id of it."""

    line: int
    name: object
    title: object
    utterances: list[Utterance]


def dialogue_rows(dialogue: Dialogue, *, tally: Tally) -> Iterator[Row | RefusedRow]:
    """Yield each message as a row or a refusal; raise InvalidError when the conversation's name will not do."""
    checked = [_checked(dialogue, utterance) for utterance in dialogue.utterances]
    texts = [row.text for row in checked if isinstance(row, Row) and row.role == "user"]
    title = tidy_title(dialogue.title, or_else=texts[0] if texts else "")
    name = _name(dialogue.name, checked, tally)
    for row in checked:
        if isinstance(row, RefusedRow):
            yield row
        else:
            yield Row(
                line=row.line,
                conversation=name,
                title=title,
                author=row.author,
                role=row.role,
                sent_at=row.sent_at,
                text=row.text,
            )


def _checked(dialogue: Dialogue, utterance: Utterance) -> Row | RefusedRow:
    try:
        return Row(
            line=dialogue.line,
            conversation="",
            title="",
            author=_author(utterance),
            role=message_role(_text("role", utterance.role)),
            sent_at=moment(utterance.sent_at),
            text=message_text(_text("text", utterance.text)),
        )
    except InvalidError as error:
        is_broken = isinstance(utterance.text, str) and MARK in utterance.text
        reason = "is not valid UTF-8 or UTF-16." if is_broken else str(error)
        return RefusedRow(line=dialogue.line, reason=f"{utterance.place}: {reason}")


def _author(utterance: Utterance) -> str | None:
    name = author_name("" if utterance.name is None else _text("author", utterance.name))
    return name or ("tool" if utterance.role in ("tool", "function") else None)


def _text(field: str, value: object) -> str:
    if value is None:
        raise InvalidError(field, "is missing.")
    if not isinstance(value, str):
        raise InvalidError(field, "is no text.")
    return value


def _name(given: object, rows: list[Row | RefusedRow], tally: Tally) -> str:
    """Return the file's own name of the conversation, or one made of its content.

    The second of two nameless conversations with the same content gets a name of its own, the same in every run.
    """
    if isinstance(given, int) and not isinstance(given, bool):
        return source_id(str(given))
    if given is not None and not isinstance(given, str):
        raise InvalidError("id", "is neither text nor a whole number.")
    if given:
        return source_id(given)
    key = _content_key([row for row in rows if isinstance(row, Row)])
    number = tally.count(key)
    return f"content-{key.hex()}" if number == 1 else f"content-{key.hex()}-{number}"


def _content_key(rows: list[Row]) -> bytes:
    content = blake2b(digest_size=16, person=b"dialogue")
    for row in rows:
        for part in (row.role, row.author or "", row.sent_at.isoformat() if row.sent_at else "", row.text):
            data = part.encode()
            content.update(b"%d:" % len(data) + data)
    return content.digest()
