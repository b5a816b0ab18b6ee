"""What of the cache a change in the chat concerns. Call each in the transaction of the change, before it."""

from collections.abc import Iterable

from django.db import transaction

from apps.caching.refreshing import refresher
from apps.caching.transactions import invalidate
from apps.chat.families import ACCESS, CONVERSATION, LISTS, MEMBERS
from apps.chat.models import Membership
from apps.chat.policy import HISTORY, chat

NOBODY = 0
READERS_MAX = 200  # in more lists than this it is cheaper to make all of them anew


def conversations_change(*conversation_ids: int) -> None:
    """What is in the conversations, or what they are called. `lists_change` follows when their rows are locked."""
    invalidate(*map(CONVERSATION.of, conversation_ids))
    transaction.on_commit(lambda: _refresh(conversation_ids))


def _refresh(conversation_ids: Iterable[int]) -> None:
    """Have the latest pages made anew where they were being read: their readers are told, and come at once."""
    for conversation_id in conversation_ids:
        refresher.wish(HISTORY, (conversation_id, chat.current.page_size))


def lists_change(*conversation_ids: int) -> None:
    """Every member's list has the conversations in another order, or with another preview. One query.

    The conversations' rows have to be locked, and whoever joins locks them as well: else one who is joining just now
    would be left out.
    """
    rows = Membership.objects.filter(conversation_id__in=conversation_ids).values_list("user_id", flat=True)
    readers = set(rows[: READERS_MAX + 1])
    invalidate(*([LISTS.all] if len(readers) > READERS_MAX else map(LISTS.of, sorted(readers))))


def membership_changes(conversation_id: int, *user_ids: int) -> None:
    """Somebody joins, leaves or gets another role."""
    invalidate(MEMBERS.of(conversation_id), *map(LISTS.of, user_ids), *map(ACCESS.of, user_ids))


def conversation_ends(conversation_id: int, user_ids: Iterable[int]) -> None:
    """It is taken from everybody who is still in it."""
    invalidate(CONVERSATION.of(conversation_id))
    membership_changes(conversation_id, *(tuple(user_ids) or (NOBODY,)))


def marker_moves(conversation_id: int, user_id: int) -> None:
    """Somebody has read further."""
    invalidate(MEMBERS.of(conversation_id), LISTS.of(user_id))
