"""/api/conversations: start, list, rename, delete, mark as read."""

from dataclasses import dataclass, replace
from typing import Annotated

from django.http import HttpResponse
from ninja import Query, Router
from pydantic import Field

from apps.chat.api.answers import answer, created, next_url, nothing
from apps.chat.api.fields import Body, Cursor, Id, bounded
from apps.chat.api.security import SignedInRequest
from apps.chat.cursor import LARGEST
from apps.chat.records import ConversationPage, ConversationRecord
from apps.chat.services import conversations, history
from apps.chat.text import SYSTEM_PROMPT_MAX_CHARACTERS, TITLE_MAX_CHARACTERS

router = Router(tags=["Conversations"])


Prompt = Annotated[str, Field(json_schema_extra={"maxLength": SYSTEM_PROMPT_MAX_CHARACTERS})]


class NewConversation(Body):
    """What a conversation is called, and whether the assistant answers in it."""

    title: Annotated[str, bounded(TITLE_MAX_CHARACTERS)]
    has_assistant: bool = False
    system_prompt: Prompt = ""


class Changes(Body):
    """What to change of a conversation; what is left out stays."""

    title: Annotated[str | None, bounded(TITLE_MAX_CHARACTERS)] = None
    has_assistant: bool | None = None
    system_prompt: Prompt | None = None


class Marker(Body):
    """How far the caller has read."""

    sequence: Annotated[int, Field(ge=0, le=LARGEST)]


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkerRecord:
    """Where the caller's read marker stands."""

    last_read_sequence: int


@router.get("", response=ConversationPage, summary="List the caller's conversations, the latest first")
def list_conversations(
    request: SignedInRequest,
    limit: Annotated[int, Query(ge=1, le=conversations.LIST_MAX_CONVERSATIONS)] = (
        conversations.LIST_DEFAULT_CONVERSATIONS
    ),
    cursor: Cursor = None,
) -> HttpResponse:
    """Unread counts and previews are included; `next` is the address of the following page."""
    page = conversations.list_conversations(user_id=request.auth, limit=limit, cursor=cursor)
    return answer(replace(page, next=next_url(request, page.next)))


@router.post("", response={201: ConversationRecord}, summary="Start a conversation")
def create_conversation(request: SignedInRequest, payload: NewConversation) -> HttpResponse:
    """The caller becomes its owner."""
    record = conversations.create_conversation(user_id=request.auth, **payload.model_dump())
    return created(record, at="conversation", conversation_id=record.id)


@router.get(
    "/{int:conversation_id}", response=ConversationRecord, url_name="conversation", summary="Show a conversation"
)
def get_conversation(request: SignedInRequest, conversation_id: Id) -> HttpResponse:
    """As the caller sees it: role, read marker and unread count are the caller's own."""
    return answer(conversations.get_conversation(user_id=request.auth, conversation_id=conversation_id))


@router.patch(
    "/{int:conversation_id}", response=ConversationRecord, summary="Rename a conversation, or set up its assistant"
)
def change_conversation(request: SignedInRequest, conversation_id: Id, payload: Changes) -> HttpResponse:
    """For its owners: the title, whether the assistant answers each message, and what it is told first."""
    return answer(
        conversations.change_conversation(user_id=request.auth, conversation_id=conversation_id, **payload.model_dump())
    )


@router.delete("/{int:conversation_id}", response={204: None}, summary="Delete a conversation for everybody")
def delete_conversation(request: SignedInRequest, conversation_id: Id) -> HttpResponse:
    """For its owners."""
    conversations.delete_conversation(user_id=request.auth, conversation_id=conversation_id)
    return nothing()


@router.post("/{int:conversation_id}/read", response=MarkerRecord, summary="Mark messages as read")
def mark_read(request: SignedInRequest, conversation_id: Id, payload: Marker) -> HttpResponse:
    """The marker never goes back, nor past the last message."""
    sequence = history.mark_read(user_id=request.auth, conversation_id=conversation_id, sequence=payload.sequence)
    return answer(MarkerRecord(last_read_sequence=sequence))
