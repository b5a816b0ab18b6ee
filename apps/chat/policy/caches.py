"""What of the chat is kept in memory, and what it is made of."""

from apps.caching.family import Family
from apps.caching.namespace import Namespace

# Whatever gives a conversation's change a number invalidates it (sequence.py). A user who is renamed, and rows changed
# by other ways, invalidate all conversations.
CONVERSATION = Family(
    "conversation",
    tables={
        "chat_message": (),
        "chat_conversation": ("last_sequence", "last_event", "deleted_at"),
        "chat_user": ("username",),
    },
)
# The same for every member: whoever asks is asked for their membership first, each time.
HISTORY = Namespace(
    "chat.history",
    title="Cache: pages of history",
    value=bytes,
    tags=lambda key: (CONVERSATION.of(key[0]),),
)
