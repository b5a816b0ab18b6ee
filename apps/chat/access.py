"""Who may do what: the one place that decides."""

from apps.chat.exceptions import ForbiddenError, NotFoundError
from apps.chat.models import Membership, Message
from apps.chat.policy.caches import READABLE, READABLE_MAX, Readable

NO_CONVERSATION = "There is no such conversation."
NO_MESSAGE = "There is no such message."


def membership_of(*, user_id: int, conversation_id: int) -> Membership:
    """Return the caller's membership with conversation and user (one query); raise NotFoundError without one."""
    found = (
        Membership.objects.select_related("conversation", "user")
        .filter(user_id=user_id, conversation_id=conversation_id, conversation__deleted_at=None)
        .first()
    )
    if found is None:
        raise NotFoundError(NO_CONVERSATION)
    return found


def check_reader(*, user_id: int, conversation_id: int) -> None:
    """Raise NotFoundError for whoever may not read the conversation. No query for a reader in the cache.

    What is kept says who may, never who may not: whoever is not in it is looked up.
    """
    found = READABLE.get_or_load((user_id,), lambda: _readable(user_id))
    if conversation_id not in found.conversations and not standing_of(user_id=user_id, conversation_id=conversation_id):
        raise NotFoundError(NO_CONVERSATION)


def _readable(user_id: int) -> Readable:
    """Return what somebody may read: of very many conversations those joined last."""
    rows = Membership.objects.filter(user_id=user_id, conversation__deleted_at=None).order_by("-pk")
    return Readable(frozenset(rows.values_list("conversation_id", flat=True)[:READABLE_MAX]))


def ownership_of(*, user_id: int, conversation_id: int, to: str) -> Membership:
    """Return the caller's membership as owner (one query); raise NotFoundError, or ForbiddenError for a mere member."""
    membership = membership_of(user_id=user_id, conversation_id=conversation_id)
    if membership.role != Membership.Role.OWNER:
        raise ForbiddenError(f"Only an owner of the conversation may {to}.")
    return membership


def editable_message(*, user_id: int, message_id: int) -> Message:
    """Return the message, its row locked (three queries); raise NotFoundError, or ForbiddenError for a mere reader."""
    conversation_id = Message.objects.filter(pk=message_id).values_list("conversation_id", flat=True).first()
    if conversation_id is None:
        raise NotFoundError(NO_MESSAGE)
    try:
        membership = membership_of(user_id=user_id, conversation_id=conversation_id)
    except NotFoundError:
        raise NotFoundError(NO_MESSAGE) from None
    message = Message.objects.select_for_update(of=("self",)).select_related("author").filter(pk=message_id).first()
    if message is None:
        raise NotFoundError(NO_MESSAGE)
    if message.author_id != user_id and membership.role != Membership.Role.OWNER:
        raise ForbiddenError("Only its author or an owner of the conversation may change a message.")
    return message


def standing_of(*, user_id: int, conversation_id: int | None = None, message_id: int | None = None) -> str:
    """Return the caller's role where a request acts (one query): empty for an outsider, or without an address."""
    if conversation_id is None and message_id is None:
        return ""
    found = Membership.objects.filter(user_id=user_id, conversation__deleted_at=None)
    if conversation_id is not None:
        found = found.filter(conversation_id=conversation_id)
    if message_id is not None:
        found = found.filter(conversation__messages=message_id)
    return found.values_list("role", flat=True).first() or ""
