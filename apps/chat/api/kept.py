"""Which answers of the API are kept, and what each is made of. One table, so that it can be read at a glance."""

import re
from collections.abc import Mapping
from typing import Any

from apps.caching.http.plan import Tags
from apps.caching.http.shared import Shared
from apps.caching.keys import Key
from apps.chat.families import ACCESS, ACCOUNT, CONVERSATION, LISTS, MEMBERS
from apps.chat.policy.caches import HISTORY, READABLE, READERS, Readable
from apps.chat.services.history import key_of

USUAL = re.compile(r"[1-9][0-9]{0,17}")  # a number as links have it, which no reader takes for another


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


def _page(at: Mapping[str, Any], query: bytes) -> Key | None:
    """Return the key of the page of history that a query asks for in the usual way; other ways are the view's."""
    asked = {}
    for part in filter(None, query.decode("latin-1").split("&")):
        name, _, value = part.partition("=")
        if name in asked or not USUAL.fullmatch(value):
            return None
        asked[name] = int(value)
    return key_of(at["conversation_id"], asked)


def _may_read(readable: Readable, at: Mapping[str, Any]) -> bool:
    return at["conversation_id"] in readable.conversations


KEPT: dict[str, Tags] = {
    "list_messages": _history,
    "list_conversations": _list,
    "conversation": _conversation,
    "list_members": _members,
}
SHARED: dict[str, Shared] = {
    "list_messages": Shared(values=HISTORY, key=_page, readers=READERS, permissions=READABLE, admits=_may_read)
}
