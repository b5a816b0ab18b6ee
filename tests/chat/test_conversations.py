"""Starting, listing, renaming and deleting."""

from typing import Any

import pytest

from apps.chat.cursor import encoded
from apps.chat.exceptions import ForbiddenError, InvalidError, NotFoundError
from apps.chat.models import Conversation, User
from apps.chat.services.conversations import (
    create_conversation,
    delete_conversation,
    get_conversation,
    list_conversations,
    rename_conversation,
)
from apps.chat.services.history import history_page
from tests.chat.people import conversation, said


def test_whoever_starts_a_conversation_owns_it(ann: User) -> None:
    made = create_conversation(user_id=ann.pk, title="  Plans  ")
    assert (made.title, made.role, made.unread, made.preview) == ("Plans", "owner", 0, "")


@pytest.mark.parametrize(
    ("text", "preview"),
    [
        ("**Decision:** ship `x_y`", "Decision: ship x_y"),
        ("Look:\n```python\nprint(1)\n```", "Look: print(1)"),
        ("# Title\n> quoted", "Title quoted"),
        ("~~no~~ 2 > 1 #4", "no 2 > 1 #4"),
        ("***", "***"),
    ],
)
def test_previews_are_plain_words(ann: User, text: str, preview: str) -> None:
    said(ann, conversation(ann), text)
    assert list_conversations(user_id=ann.pk).results[0].preview == preview


@pytest.mark.parametrize("title", ["", "  ", "x" * 201, "a\nb", "a\x00", "\u202e"])
def test_bad_titles_are_refused_by_name(ann: User, title: str) -> None:
    with pytest.raises(InvalidError) as refused:
        create_conversation(user_id=ann.pk, title=title)
    assert refused.value.field == "title"
    assert not Conversation.objects.exists()


def test_the_list_begins_with_the_latest_message(ann: User) -> None:
    first, second = conversation(ann, title="first"), conversation(ann, title="second")
    said(ann, second, "x")
    said(ann, first, "*later* " + "y" * 200)
    page = list_conversations(user_id=ann.pk)
    assert [entry.title for entry in page.results] == ["first", "second"]
    assert page.results[0].preview.startswith("later yy")
    assert len(page.results[0].preview) == 118


def test_the_list_is_paged_by_key(ann: User) -> None:
    made = [conversation(ann, title=str(number)).id for number in range(7)]
    Conversation.objects.update(last_message_at=get_conversation(user_id=ann.pk, conversation_id=made[0]).created_at)
    seen: list[int] = []
    cursor = None
    while True:
        page = list_conversations(user_id=ann.pk, limit=3, cursor=cursor)
        seen += [entry.id for entry in page.results]
        cursor = page.next
        if cursor is None:
            break
    assert seen == sorted(made, reverse=True)


@pytest.mark.parametrize("cursor", ["x", "", "é", "\ud800", "AAAA", encoded(1), encoded(1, 2, 3), encoded(2**62, 1)])
def test_forged_cursors_are_refused_by_name(ann: User, cursor: str) -> None:
    with pytest.raises(InvalidError) as refused:
        list_conversations(user_id=ann.pk, cursor=cursor)
    assert refused.value.field == "cursor"


def test_limits_out_of_bounds_are_refused_by_name(ann: User) -> None:
    for limit in (0, 101):
        with pytest.raises(InvalidError) as refused:
            list_conversations(user_id=ann.pk, limit=limit)
        assert refused.value.field == "limit"


def test_the_list_costs_one_query_however_long(ann: User, django_assert_num_queries: Any) -> None:
    for number in range(8):
        said(ann, conversation(ann, title=str(number)), "x", "y")
    with django_assert_num_queries(1):
        assert len(list_conversations(user_id=ann.pk).results) == 8


def test_only_an_owner_renames(ann: User, bob: User, eve: User) -> None:
    where = conversation(ann, bob)
    assert rename_conversation(user_id=ann.pk, conversation_id=where.id, title="New").title == "New"
    with pytest.raises(ForbiddenError):
        rename_conversation(user_id=bob.pk, conversation_id=where.id, title="Mine")
    with pytest.raises(NotFoundError):
        rename_conversation(user_id=eve.pk, conversation_id=where.id, title="Mine")


def test_a_deleted_conversation_is_gone_for_everybody_at_once(ann: User, bob: User) -> None:
    where = conversation(ann, bob)
    said(ann, where, "x")
    with pytest.raises(ForbiddenError):
        delete_conversation(user_id=bob.pk, conversation_id=where.id)
    delete_conversation(user_id=ann.pk, conversation_id=where.id)
    for person in (ann, bob):
        assert list_conversations(user_id=person.pk).results == []
        with pytest.raises(NotFoundError):
            history_page(user_id=person.pk, conversation_id=where.id)
