"""Readers of the pages, and what they have written."""

import pytest
from django.test import Client

from apps.chat.models import User
from apps.chat.records import ConversationRecord
from tests.chat.people import conversation, said


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
    said(ann, made, *[f"message number {number}" for number in range(1, 61)])
    return made
