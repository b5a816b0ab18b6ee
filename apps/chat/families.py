"""Tags: what the chat's values are made of. Whoever writes says which are concerned (invalidation.py), else all are."""

from apps.caching.family import Family

# Whatever gives a conversation's change a number invalidates it (sequence.py). A user who is renamed, and rows changed
# by other ways, invalidate all conversations.
CONVERSATION = Family(
    "conversation",
    tables={
        "chat_message": (),
        "chat_conversation": (
            "title", "has_assistant", "system_prompt", "last_sequence", "last_event", "last_message_at", "deleted_at",
        ),
        "chat_user": ("username",),
    },
)  # fmt: skip
# By conversation: who is in it, as what, and how far they have read.
MEMBERS = Family("members", tables={"chat_membership": ()})
# By user: their conversations in order, with what is unread; invalidation.py says who that concerns.
LISTS = Family("lists", tables={"chat_membership": ()})
# By user: what they may read. That one may not read is never kept: who joins has to be looked up until all are told.
ACCESS = Family("access", tables={"chat_membership": ("role",)})
# By user: the account itself.
ACCOUNT = Family(
    "account",
    tables={
        "chat_user": (
            "username", "password", "is_active", "is_staff", "is_superuser", "first_name", "last_name", "email",
            "last_login", "date_joined",
        )
    },
)  # fmt: skip
