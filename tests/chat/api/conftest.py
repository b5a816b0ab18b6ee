"""Callers for the tests of the API."""

import pytest

from apps.chat.models import User
from apps.chat.records import ConversationRecord
from tests.chat.api.caller import Caller
from tests.chat.people import conversation


@pytest.fixture
def as_ann(ann: User) -> Caller:
    """The owner."""
    return Caller(ann)


@pytest.fixture
def as_bob(bob: User) -> Caller:
    """The member."""
    return Caller(bob)


@pytest.fixture
def as_eve(eve: User) -> Caller:
    """The outsider."""
    return Caller(eve)


@pytest.fixture
def where(ann: User, bob: User) -> ConversationRecord:
    """A conversation that ann owns and bob is in."""
    return conversation(ann, bob)
