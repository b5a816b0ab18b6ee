"""People and conversations for the tests."""

from typing import Any

import pytest

from apps.chat.models import User
from apps.chat.records import ConversationRecord, MessageRecord
from apps.chat.services.conversations import create_conversation
from apps.chat.services.members import add_member
from apps.chat.services.messages import send_message


def person(name: str, **fields: Any) -> User:
    """Return a new user who can sign in with the password "correct horse"."""
    return User.objects.create_user(username=name, password="correct horse", **fields)


def conversation(owner: User, *members: User, title: str = "Plans") -> ConversationRecord:
    """Return a new conversation of the owner with the members in it."""
    made = create_conversation(user_id=owner.pk, title=title)
    for member in members:
        add_member(user_id=owner.pk, conversation_id=made.id, username=member.username)
    return made


def said(author: User, where: ConversationRecord, *texts: str) -> list[MessageRecord]:
    """Return the messages that the author sends, in order."""
    return [send_message(user_id=author.pk, conversation_id=where.id, text=text).message for text in texts]


@pytest.fixture
def ann(db: None) -> User:
    """The owner in most tests."""
    return person("ann")


@pytest.fixture
def bob(db: None) -> User:
    """A member in most tests."""
    return person("bob")


@pytest.fixture
def eve(db: None) -> User:
    """Somebody who is in none of the conversations."""
    return person("eve")
