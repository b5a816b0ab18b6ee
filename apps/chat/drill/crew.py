"""The people of a drill: made for it, signed in, each with a conversation of their own, and gone after it."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

from apps.chat.models import User
from apps.chat.services.conversations import change_conversation, create_conversation, delete_conversation

store = import_module(settings.SESSION_ENGINE).SessionStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody who takes part."""

    name: str
    user: int
    session: str
    conversation: int


@contextmanager
def crew(size: int, *, has_assistant: bool) -> Iterator[list[Member]]:
    """Yield so many people; they, and what they said, are deleted afterwards."""
    drill, members = secrets.token_hex(3), list[Member]()
    try:
        for number in range(size):
            members.append(made(f"drill-{drill}-{number + 1}", has_assistant=has_assistant))
        yield members
    finally:
        for member in members:
            delete_conversation(user_id=member.user, conversation_id=member.conversation)
            store(member.session).delete()
            User.objects.filter(pk=member.user).delete()


def made(name: str, *, has_assistant: bool) -> Member:
    """Return a new account without a password, its session and its conversation."""
    user = User(username=name)
    user.set_unusable_password()
    user.save()
    conversation = create_conversation(user_id=user.pk, title="Drill").id
    if has_assistant:
        change_conversation(user_id=user.pk, conversation_id=conversation, has_assistant=True)
    session = store()
    session.update({
        SESSION_KEY: str(user.pk),
        BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
        HASH_SESSION_KEY: user.get_session_auth_hash(),
    })  # fmt: skip
    session.create()
    return Member(name=name, user=user.pk, session=session.session_key, conversation=conversation)
