"""The conversations a batch goes into: found by their names in the file, made where missing, locked to be written."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from apps.chat.invalidation import membership_changes
from apps.chat.models import Conversation, Membership, User

# "NOT (source_id = '')" is, to the letter, the condition of the unique index, which is used only when it is there.
FIND = (
    "SELECT source_id, id, last_sequence, last_event FROM chat_conversation"
    " WHERE imported_by_id = %s AND source_id IN ({}) AND NOT (source_id = '') AND deleted_at IS NULL"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A conversation and the last numbers given out in it when it was looked at."""

    id: int
    last_sequence: int
    last_event: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A conversation that has to be made when it is not there."""

    name: str
    title: str
    created_at: datetime


class GoneError(Exception):
    """A conversation was deleted, or left by its owner, between finding and locking it: look again."""


def found_targets(*, owner_id: int, names: Collection[str]) -> dict[str, Target]:
    """Return the owner's imported conversations of these names. One query, no lock."""
    if not names:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(FIND.format(", ".join(["%s"] * len(names))), [owner_id, *names])
        return {
            name: Target(id=pk, last_sequence=last, last_event=event) for name, pk, last, event in cursor.fetchall()
        }


def locked_targets(*, owner_id: int, wanted: list[Wanted]) -> dict[str, Target]:
    """Return all wanted conversations, locked until the end of the caller's transaction; make those missing.

    Whoever makes conversations for an owner holds the owner's row, and conversations are locked in the order of their
    ids, so that two imports of one file wait for each other and never in a circle. Raises GoneError.
    """
    names = [one.name for one in wanted]
    found = found_targets(owner_id=owner_id, names=names)
    if len(found) < len(wanted):
        User.objects.select_for_update(no_key=True).get(pk=owner_id)
        found = found_targets(owner_id=owner_id, names=names)
        found |= _made(owner_id, [one for one in wanted if one.name not in found])
    return _locked(owner_id, found)


def _locked(owner_id: int, found: dict[str, Target]) -> dict[str, Target]:
    rows = (
        Conversation.objects.select_for_update(no_key=True)
        .filter(pk__in=[target.id for target in found.values()], imported_by_id=owner_id, deleted_at=None)
        .order_by("pk")
        .values_list("source_id", "pk", "last_sequence", "last_event")
    )
    locked = {name: Target(id=pk, last_sequence=last, last_event=event) for name, pk, last, event in rows}
    if locked.keys() != found.keys():
        raise GoneError
    return locked


def _made(owner_id: int, wanted: list[Wanted]) -> dict[str, Target]:
    conversations = Conversation.objects.bulk_create(
        Conversation(
            title=one.title,
            created_at=one.created_at,
            last_message_at=one.created_at,
            imported_by_id=owner_id,
            source_id=one.name,
        )
        for one in wanted
    )
    for conversation in conversations:
        membership_changes(conversation.pk, owner_id)
    Membership.objects.bulk_create(
        Membership(conversation=conversation, user_id=owner_id, role=Membership.Role.OWNER)
        for conversation in conversations
    )
    return {one.source_id: Target(id=one.pk, last_sequence=0, last_event=0) for one in conversations}
