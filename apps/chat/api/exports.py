"""/api/conversations/{id}/export: a conversation as a file."""

from typing import Annotated, Any, Literal

from django.http import StreamingHttpResponse
from ninja import Query, Router
from pydantic import BaseModel

from apps.chat.api.fields import Id
from apps.chat.api.security import SignedInRequest
from apps.chat.services.exports import CONTENT_TYPES, export_conversation

router = Router(tags=["Conversations"])


class Choice(BaseModel):
    """The format of the file: JSONL of the OpenAI chat form, or CSV."""

    format: Literal["csv", "jsonl"] = "jsonl"


FILES: dict[str, Any] = {
    "description": "The file, streamed",
    "content": {kind.split(";")[0]: {"schema": {"type": "string"}} for kind in CONTENT_TYPES.values()},
}


@router.get(
    "/{int:conversation_id}/export",
    response={200: None},
    openapi_extra={"responses": {200: FILES}},
    summary="Take a conversation out",
)
def export(request: SignedInRequest, conversation_id: Id, choice: Annotated[Choice, Query()]) -> StreamingHttpResponse:
    """A file that `POST /api/imports` takes back as it was."""
    kind = choice.format
    chunks = export_conversation(user_id=request.auth, conversation_id=conversation_id, format=kind)
    name = f"conversation-{conversation_id}.{kind}"
    return StreamingHttpResponse(
        chunks,
        content_type=CONTENT_TYPES[kind],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
