"""/api/conversations/{id}/members: see, add, remove, leave."""

from dataclasses import dataclass
from typing import Annotated

from django.http import HttpResponse
from ninja import Router

from apps.chat.api.answers import answer, created, nothing
from apps.chat.api.fields import Body, Id, bounded
from apps.chat.api.security import SignedInRequest
from apps.chat.records import MemberRecord
from apps.chat.services import members
from apps.chat.text import NAME_MAX_CHARACTERS

router = Router(tags=["Members"])


class NewMember(Body):
    """Whom to add."""

    username: Annotated[str, bounded(NAME_MAX_CHARACTERS)]


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberList:
    """All members of a conversation, the longest-standing first."""

    results: list[MemberRecord]
    next: str | None = None


@router.get("", response=MemberList, summary="List the members")
def list_members(request: SignedInRequest, conversation_id: Id) -> HttpResponse:
    """For every member."""
    return answer(MemberList(results=members.list_members(user_id=request.auth, conversation_id=conversation_id)))


@router.post("", response={201: MemberRecord}, openapi_extra={"responses": {409: {}}}, summary="Add a member")
def add_member(request: SignedInRequest, conversation_id: Id, payload: NewMember) -> HttpResponse:
    """For owners; 409 when that is a member already."""
    record = members.add_member(user_id=request.auth, conversation_id=conversation_id, username=payload.username)
    return created(record, at="member", conversation_id=conversation_id, member_id=record.id)


@router.delete("/{int:member_id}", response={204: None}, url_name="member", summary="Remove a member, or leave")
def remove_member(request: SignedInRequest, conversation_id: Id, member_id: Id) -> HttpResponse:
    """Owners remove anybody, everybody else themselves."""
    members.remove_member(user_id=request.auth, conversation_id=conversation_id, member_id=member_id)
    return nothing()
