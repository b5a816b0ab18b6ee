"""A chat with two members, read through the response path."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from apps.caching.current import store
from apps.caching.http import bypass
from apps.caching.http.directory import directory
from apps.caching.http.shared import known_readers, templates
from apps.chat.models import User
from apps.chat.records import ConversationRecord
from apps.resilience.limits.bucket import Bucket
from perfsite.edge.hits import Hits
from tests.caching.http.reader import Reader
from tests.chat.people import conversation, person, said


@pytest.fixture(autouse=True)
def nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Begin with an empty directory and a full bucket."""
    monkeypatch.setattr(bypass, "_bucket", Bucket())
    forget()
    yield
    forget()


def forget() -> None:
    """Know nothing of answers, readers and heads."""
    for one in (directory, known_readers, templates):
        one.clear()


@pytest.fixture
def tended(transactional_db: None) -> None:
    """Have the store take entries, as it does beside a server."""
    store().tend()


@pytest.fixture
def ann(tended: None) -> User:
    """The owner; what she writes is committed."""
    return person("ann")


@pytest.fixture
def bob(transactional_db: None) -> User:
    """The member."""
    return person("bob")


@pytest.fixture
def where(ann: User, bob: User) -> ConversationRecord:
    """Their conversation, with something in it."""
    made = conversation(ann, bob)
    said(ann, made, "the first word")
    return made


@pytest.fixture
def history(where: ConversationRecord) -> str:
    """The path of its history."""
    return f"/api/conversations/{where.id}/messages"


@pytest.fixture
def sign_in() -> Callable[..., Reader]:
    """Sign people in at one process: `sign_in(ann)`."""
    hits = Hits()

    def signed_in(user: Any = None) -> Reader:
        return Reader(hits, user)

    return signed_in
