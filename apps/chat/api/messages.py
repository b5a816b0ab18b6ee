"""/api/conversations/{id}/messages and /api/messages: read history, send, edit, delete."""

from datetime import UTC, datetime
from typing import Annotated

from django.http import HttpResponse
from ninja import Query, Router
from pydantic import BaseModel, Field, WithJsonSchema

from apps.chat.api.answers import answer, created, nothing, written
from apps.chat.api.fields import Body, Id, bounded
from apps.chat.api.security import SignedInRequest
from apps.chat.cursor import LARGEST
from apps.chat.exceptions import InvalidError
from apps.chat.policy.conversations import PAGE_MAX_MESSAGES
from apps.chat.rates import SENDS, admit
from apps.chat.records import HistoryPage, MessageRecord
from apps.chat.services import history, messages
from apps.chat.text import CLIENT_ID_MAX_CHARACTERS, MESSAGE_MAX_CHARACTERS

router = Router(tags=["Messages"])
MESSAGES = "/conversations/{int:conversation_id}/messages"
MESSAGE = "/messages/{int:message_id}"

Moment = Annotated[
    str,
    WithJsonSchema({"anyOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}]}),
]
Place = Annotated[int, Field(ge=1, le=LARGEST)]


class Page(BaseModel):
    """Which messages: the latest, or those before, after or around the message with an id, or from a date on."""

    limit: Annotated[int, Field(ge=1, le=PAGE_MAX_MESSAGES)] | None = Field(
        None, description="Without it, what the site's policy says: 50 unless staff changed it."
    )
    before: Place | None = None
    after: Place | None = None
    around: Place | None = None
    since: Moment | None = Field(None, description="ISO 8601; in UTC where no offset is given.")


class Text(Body):
    """The new text of a message, as Markdown."""

    text: Annotated[str, bounded(MESSAGE_MAX_CHARACTERS)]


class NewMessage(Text):
    """A message to send; sent again with the same `client_id` it is stored once."""

    client_id: Annotated[str | None, bounded(CLIENT_ID_MAX_CHARACTERS)] = None


@router.get(MESSAGES, response=HistoryPage, summary="Read messages, oldest first")
def list_messages(request: SignedInRequest, conversation_id: Id, page: Annotated[Page, Query()]) -> HttpResponse:
    """The latest, or those before, after or around the message with an id, or from a date on.

    `next_before` and `next_after` are the ids to go on from; null where there is no more. Live readers follow from
    `last_event`.
    """
    position = history.Position(
        before=page.before, after=page.after, around=page.around, since=moment("since", page.since)
    )
    body = history.history_body(
        user_id=request.auth, conversation_id=conversation_id, limit=page.limit, position=position
    )
    return written(body.content, etag=body.etag)


@router.post(
    MESSAGES,
    response={201: MessageRecord, 200: MessageRecord},
    openapi_extra={"responses": {409: {}}},
    summary="Send a message",
)
def send_message(request: SignedInRequest, conversation_id: Id, payload: NewMessage) -> HttpResponse:
    """201 when it was stored; 200 with the stored message when it had been sent before with this `client_id`."""
    admit(SENDS, request.auth)
    sent = messages.send_message(
        user_id=request.auth, conversation_id=conversation_id, text=payload.text, client_id=payload.client_id
    )
    return created(sent.message, at="message", is_new=sent.is_new, message_id=sent.message.id)


@router.patch(
    MESSAGE,
    response=MessageRecord,
    url_name="message",
    openapi_extra={"responses": {409: {}}},
    summary="Edit a message",
)
def edit_message(request: SignedInRequest, message_id: Id, payload: Text) -> HttpResponse:
    """For its author and the conversation's owners; 409 when it was deleted."""
    return answer(messages.edit_message(user_id=request.auth, message_id=message_id, text=payload.text))


@router.delete(MESSAGE, response={204: None}, summary="Delete a message")
def delete_message(request: SignedInRequest, message_id: Id) -> HttpResponse:
    """For its author and the conversation's owners; an empty message stays in its place."""
    messages.delete_message(user_id=request.auth, message_id=message_id)
    return nothing()


def moment(field: str, value: str | None) -> datetime | None:
    """Return an ISO date or date and time in UTC; raise InvalidError naming the field."""
    if value is None:
        return None
    try:
        given = datetime.fromisoformat(value)
        return given.astimezone(UTC) if given.tzinfo else given.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise InvalidError(field, "is no date, or date and time, in the form of ISO 8601.") from None
