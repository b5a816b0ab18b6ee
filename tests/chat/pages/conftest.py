"""Readers of the pages, and what they have written."""

import pytest
from django.test import Client
from django.utils import timezone

from apps.chat.markdown import rendered
from apps.chat.models import Membership, Message, User
from apps.chat.records import ConversationRecord
from apps.chat.sequence import allocate
from tests.chat.people import conversation


def signed_in(user: User) -> Client:
    """Return a browser, without JavaScript, of the user."""
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def as_ann(ann: User) -> Client:
    """The owner's browser."""
    return signed_in(ann)


@pytest.fixture
def as_bob(bob: User) -> Client:
    """The member's browser."""
    return signed_in(bob)


@pytest.fixture
def as_eve(eve: User) -> Client:
    """The outsider's browser."""
    return signed_in(eve)


@pytest.fixture
def where(ann: User, bob: User) -> ConversationRecord:
    """A conversation that ann owns and bob is in, with 60 messages of ann's."""
    made = conversation(ann, bob)
    filled(ann, made, *[f"message number {number}" for number in range(1, 61)])
    return made


def filled(author: User, where: ConversationRecord, *texts: str) -> None:
    """Store what the author has sent, as sending each would, in a few queries."""
    first = allocate(conversation_id=where.id, count=len(texts), last_message_at=timezone.now())
    Message.objects.bulk_create(
        Message(
            conversation_id=where.id,
            sequence=first.sequence + place,
            event=first.event + place,
            author=author,
            text=text,
            html=rendered(text),
        )
        for place, text in enumerate(texts)
    )
    Membership.objects.filter(conversation=where.id, user=author).update(last_read_sequence=len(texts))
