"""Which conversations and messages are exported, read page by page: no cursor and no transaction stays open."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from django.db.models import QuerySet

from apps.chat.exports.label import Labels
from apps.chat.imports.identity import ASSISTANT_NAME, SYSTEM_NAME
from apps.chat.models import Conversation, Message
from apps.chat.records import MessageRole

PAGE_CONVERSATIONS = 200
PAGE_MESSAGES = 1000
NOBODY = "Deleted user"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedConversation:
    """A conversation and its name in the file; `is_imported` where that is the name it came with."""

    id: int
    label: str
    title: str
    is_imported: bool
    last_sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedMessage:
    """A message; `is_named` where its author is not the one a file without a name would mean."""

    author: str
    is_named: bool
    role: MessageRole
    sent_at: datetime | None
    text: str


Exported = Iterator[tuple[ExportedConversation, Iterator[ExportedMessage]]]


def exported(selected: QuerySet[Conversation]) -> Exported:
    """Yield the conversations in the order of their ids, each with its messages. Queries as it goes.

    Small conversations share a query; of a large one a page is held at a time.
    """
    labels = Labels(selected)
    for group in _groups(_conversations(selected, labels)):
        if len(group) == 1:
            yield group[0], _paged(group[0])
        else:
            messages = _shared([conversation.id for conversation in group])
            yield from ((conversation, iter(messages.get(conversation.id, ()))) for conversation in group)


def _conversations(selected: QuerySet[Conversation], labels: Labels) -> Iterator[ExportedConversation]:
    after = 0
    while page := list(selected.filter(pk__gt=after).order_by("pk")[:PAGE_CONVERSATIONS]):
        after = page[-1].pk
        for row in page:
            label = labels.of(row.pk, row.source_id)
            yield ExportedConversation(
                id=row.pk,
                label=label,
                title=row.title,
                is_imported=label == row.source_id,
                last_sequence=row.last_sequence,
            )


def _groups(conversations: Iterator[ExportedConversation]) -> Iterator[list[ExportedConversation]]:
    """Yield runs of conversations that together have no more messages than a page, a larger one alone."""
    group: list[ExportedConversation] = []
    size = 0
    for conversation in conversations:
        size += conversation.last_sequence
        if group and (size > PAGE_MESSAGES or len(group) == PAGE_CONVERSATIONS):
            yield group
            group, size = [], conversation.last_sequence
        group.append(conversation)
    if group:
        yield group


def _paged(conversation: ExportedConversation) -> Iterator[ExportedMessage]:
    """Yield the messages by ranges of their numbers, up to the last one there was at the start."""
    for start in range(1, conversation.last_sequence + 1, PAGE_MESSAGES):
        end = min(start + PAGE_MESSAGES, conversation.last_sequence + 1)
        rows = Message.objects.filter(conversation_id=conversation.id, sequence__gte=start, sequence__lt=end)
        for _, message in _messages(rows.order_by("sequence")):
            yield message


def _shared(ids: list[int]) -> dict[int, list[ExportedMessage]]:
    """Return the messages of several small conversations. One query."""
    found: dict[int, list[ExportedMessage]] = {}
    rows = Message.objects.filter(conversation_id__in=ids).order_by("conversation_id", "sequence")
    for conversation_id, message in _messages(rows):
        found.setdefault(conversation_id, []).append(message)
    return found


def _messages(rows: QuerySet[Message]) -> Iterator[tuple[int, ExportedMessage]]:
    columns = rows.filter(deleted_at=None).values_list(
        "conversation_id",
        "author_id",
        "author__username",
        "author_name",
        "role",
        "created_at",
        "is_dated",
        "text",
        "conversation__imported_by_id",
    )
    for conversation_id, author_id, username, author_name, role, created_at, is_dated, text, owner_id in columns:
        author = username or author_name or NOBODY
        yield (
            conversation_id,
            ExportedMessage(
                author=author,
                is_named=_is_named(role, author, is_owner=author_id is not None and author_id == owner_id),
                role=cast("MessageRole", role),
                sent_at=created_at if is_dated else None,
                text=text,
            ),
        )


def _is_named(role: str, author: str, *, is_owner: bool) -> bool:
    defaults = {Message.Role.ASSISTANT.value: ASSISTANT_NAME, Message.Role.SYSTEM.value: SYSTEM_NAME}
    return author != defaults[role] if role in defaults else not is_owner
