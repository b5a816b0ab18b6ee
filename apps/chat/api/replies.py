"""/api/conversations/{id}/reply: ask the assistant, see how it goes, stop it."""

from http import HTTPStatus

from django.http import HttpResponse
from ninja import Router

from apps.chat.api.answers import answer, nothing
from apps.chat.api.fields import Body, Id
from apps.chat.api.security import SignedInRequest
from apps.chat.assistant.guarded import is_down
from apps.chat.records import ReplyRecord
from apps.chat.services import replies
from apps.resilience import degradation
from apps.resilience.pipeline import pipeline

router = Router(tags=["Assistant"])


class Ask(Body):
    """Which reply: to the last message, or the assistant's last message written anew in its place."""

    regenerate: bool = False


@router.post("", response={202: ReplyRecord}, openapi_extra={"responses": {409: {}}}, summary="Ask the assistant")
def ask_reply(request: SignedInRequest, conversation_id: Id, payload: Ask | None = None) -> HttpResponse:
    """For every member. The reply is written beside, and streams over the socket; asked for again, it is the same one.

    409 says by its type why there is none.
    """
    record = replies.request_reply(
        user_id=request.auth,
        conversation_id=conversation_id,
        is_regeneration=payload is not None and payload.regenerate,
    )
    return _told(record, status=HTTPStatus.ACCEPTED)


@router.get("", response=ReplyRecord, summary="Show the last reply")
def get_reply(request: SignedInRequest, conversation_id: Id) -> HttpResponse:
    """With the text so far, which may be two seconds old; 404 also where there has been none."""
    return _told(replies.get_reply(user_id=request.auth, conversation_id=conversation_id))


@router.delete("", response={204: None}, summary="Stop the reply that is being written")
def stop_reply(request: SignedInRequest, conversation_id: Id) -> HttpResponse:
    """For every member; what is written so far is kept as a message. Nothing to stop is no error."""
    replies.stop_reply(user_id=request.auth, conversation_id=conversation_id)
    return nothing()


def _told(record: ReplyRecord, *, status: HTTPStatus = HTTPStatus.OK) -> HttpResponse:
    """Return the record, marked as degraded where there is no answer before the endpoint is back."""
    if record.state == "waiting" or is_down(pipeline("assistant")):
        degradation.note("assistant")
    return answer(record, status=status)
