"""What the chat's services answer: frozen records, never rows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

from apps.chat.models import Message

MemberRole = Literal["owner", "member"]
MessageRole = Literal["user", "assistant", "system"]
Completion = Literal["complete", "stopped", "too_long", "cut", "interrupted"]
ReplyState = Literal["writing", "waiting", "ended"]
Outcome = Literal["complete", "stopped", "too_long", "cut", "interrupted", "failed", "gone"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who wrote a message; `id` is the user's, None for a name that cannot sign in."""

    id: int | None
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRecord:
    """One message as its readers see it; a deleted one has empty text and html.

    `completion` says how the reply that wrote it ended; null where no reply did.
    """

    id: int
    sequence: int
    conversation: int
    author: Author
    role: MessageRole
    text: str
    html: str
    client_id: str | None
    created_at: datetime
    edited_at: datetime | None
    deleted: bool
    completion: Completion | None = None


MESSAGE_COLUMNS = (
    "id", "sequence", "conversation_id", "author_id", "author__username", "author_name",
    "role", "text", "html", "client_id", "created_at", "edited_at", "deleted_at", "completion",
)  # fmt: skip


def message_of(
    id: int,  # noqa: A002  (the column's name)
    sequence: int,
    conversation_id: int,
    author_id: int | None,
    username: str | None,
    author_name: str,
    role: MessageRole,
    text: str,
    html: str,
    client_id: str | None,
    created_at: datetime,
    edited_at: datetime | None,
    deleted_at: datetime | None,
    completion: Completion | None,
) -> MessageRecord:
    """Return a row of MESSAGE_COLUMNS as a record. No query; half the cost of a model instance."""
    return MessageRecord(
        id=id,
        sequence=sequence,
        conversation=conversation_id,
        author=Author(id=author_id, name=username or author_name),
        role=role,
        text=text,
        html=html,
        client_id=client_id,
        created_at=created_at,
        edited_at=edited_at,
        deleted=deleted_at is not None,
        completion=completion,
    )


def message_record(message: Message) -> MessageRecord:
    """Return a model instance, its author loaded, as a record. No query."""
    return message_of(
        message.pk,
        message.sequence,
        message.conversation_id,
        message.author_id,
        message.author.get_username() if message.author else None,
        message.author_name,
        cast("MessageRole", str(message.role)),
        message.text,
        message.html,
        message.client_id,
        message.created_at,
        message.edited_at,
        message.deleted_at,
        cast("Completion | None", message.completion and str(message.completion)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMessage:
    """The message stored for a send, the number of its last change, and whether this send stored it."""

    message: MessageRecord
    event: int
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPage:
    """Messages oldest first, and the ids from which to go on: older than next_before, newer than next_after.

    Live readers follow from `last_event`: the messages are as they were after that change, or a later one.
    """

    messages: list[MessageRecord]
    next_before: int | None
    next_after: int | None
    last_event: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationRecord:
    """A conversation as one member sees it."""

    id: int
    title: str
    role: MemberRole
    created_at: datetime
    last_message_at: datetime
    last_sequence: int
    last_event: int
    last_read_sequence: int
    unread: int
    preview: str
    has_assistant: bool
    system_prompt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationPage:
    """Conversations, the latest first, and the cursor of the next page."""

    results: list[ConversationRecord]
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRecord:
    """A member of a conversation; `id` is the user's."""

    id: int
    name: str
    role: MemberRole
    joined_at: datetime
    last_read_sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchHit:
    """A message that matches, where it is, and an excerpt with the words in <mark>, escaped otherwise."""

    message: MessageRecord
    conversation_title: str
    excerpt_html: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage:
    """Matches, newest first, and the cursor of the next page."""

    results: list[SearchHit]
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyProblem:
    """Why a reply is not whole: a code for programs, a sentence for people, whether to ask again is any use, and from
    when on, where that is known.
    """

    code: str
    detail: str
    can_retry: bool
    retry_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyRecord:
    """A reply of the assistant; `cursor` counts UTF-16 code units of `text`.

    `replaces` is the message that is written anew, `message` the one in which the text is stored.
    """

    id: int
    conversation: int
    state: ReplyState
    asked_by: Author | None
    replaces: int | None
    cursor: int
    text: str
    outcome: Outcome | None
    message: int | None
    error: ReplyProblem | None
    asked_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedRow:
    """A row of an imported file that was not taken, and why."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRecord:
    """Where an import stands; sizes in bytes of the file as uploaded."""

    id: int
    filename: str
    format: str
    state: Literal["waiting", "running", "finished", "failed"]
    failure: str
    is_dry_run: bool
    size_bytes: int
    read_bytes: int
    rows_imported: int
    rows_known: int
    rows_refused: int
    refusals: list[RefusedRow]
    created_at: datetime
    finished_at: datetime | None
