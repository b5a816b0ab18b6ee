"""Which answers of the API are kept, and what each is made of. One table, so that it can be read at a glance."""

from collections.abc import Mapping
from typing import Any

from apps.caching.http.plan import Tags
from apps.chat.families import ACCESS, ACCOUNT, CONVERSATION, LISTS, MEMBERS


def _history(user_id: int, at: Mapping[str, Any]) -> tuple[str, ...]:
    return ACCOUNT.of(user_id), ACCESS.of(user_id), CONVERSATION.of(at["conversation_id"])


def _list(user_id: int, _: Mapping[str, Any]) -> tuple[str, ...]:
    """Whoever writes to a conversation tells the lists of its members; whoever does not say which, all of them."""
    return ACCOUNT.of(user_id), ACCESS.of(user_id), LISTS.of(user_id), CONVERSATION.all


def _conversation(user_id: int, at: Mapping[str, Any]) -> tuple[str, ...]:
    return (*_list(user_id, at), CONVERSATION.of(at["conversation_id"]))


def _members(user_id: int, at: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of all members are in it: who is renamed tells all conversations."""
    return (*_history(user_id, at), MEMBERS.of(at["conversation_id"]))


KEPT: dict[str, Tags] = {
    "list_messages": _history,
    "list_conversations": _list,
    "conversation": _conversation,
    "list_members": _members,
}
