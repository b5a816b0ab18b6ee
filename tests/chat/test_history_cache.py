"""Pages of history in the cache: what changes them, and who may not have them any more."""

from typing import Any

import pytest
from django.db import transaction

from apps.caching.current import forget_all
from apps.caching.statistics import invalidations
from apps.chat.exceptions import NotFoundError
from apps.chat.models import Message, User
from apps.chat.policy import HISTORY
from apps.chat.services import conversations, members, messages
from apps.chat.services.history import history_page
from tests.chat.people import conversation, said

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def nothing_kept() -> Any:
    """Let go of what the process holds, before and after."""
    forget_all()
    yield
    forget_all()


def texts(user: User, where: Any) -> list[str]:
    return [message.text for message in history_page(user_id=user.pk, conversation_id=where.id).messages]


def test_a_page_is_loaded_once_for_all_members(ann: User, bob: User, django_assert_num_queries: Any) -> None:
    where = conversation(ann)
    members.add_member(user_id=ann.pk, conversation_id=where.id, username=bob.get_username())
    said(ann, where, "hello")
    before = HISTORY.tally.loads
    assert texts(ann, where) == ["hello"]
    with django_assert_num_queries(1):
        assert texts(bob, where) == ["hello"]
    assert HISTORY.tally.loads == before + 1


def test_every_change_shows_at_once_and_names_its_conversation(ann: User) -> None:
    where, other = conversation(ann), conversation(ann)
    said(ann, other, "quiet")
    assert texts(ann, other) == ["quiet"]
    before, unnamed = HISTORY.tally.loads, invalidations["unnamed"]
    [first] = said(ann, where, "one")
    assert texts(ann, where) == ["one"]
    said(ann, where, "two")
    assert texts(ann, where) == ["one", "two"]
    messages.edit_message(user_id=ann.pk, message_id=first.id, text="uno")
    assert texts(ann, where) == ["uno", "two"]
    messages.delete_message(user_id=ann.pk, message_id=first.id)
    assert texts(ann, where) == ["", "two"]
    assert texts(ann, other) == ["quiet"]
    assert HISTORY.tally.loads == before + 4
    assert invalidations["unnamed"] == unnamed


def test_who_leaves_or_is_removed_reads_nothing_more(ann: User, bob: User) -> None:
    where = conversation(ann)
    members.add_member(user_id=ann.pk, conversation_id=where.id, username=bob.get_username())
    said(ann, where, "hello")
    assert texts(bob, where) == ["hello"]
    members.remove_member(user_id=ann.pk, conversation_id=where.id, member_id=bob.pk)
    with pytest.raises(NotFoundError):
        texts(bob, where)
    conversations.delete_conversation(user_id=ann.pk, conversation_id=where.id)
    with pytest.raises(NotFoundError):
        texts(ann, where)


def test_a_new_name_shows_at_once_and_a_sign_in_disturbs_nobody(ann: User) -> None:
    where = conversation(ann)
    said(ann, where, "hello")
    texts(ann, where)
    before = HISTORY.tally.loads
    ann.save(update_fields=["last_login"])
    texts(ann, where)
    assert HISTORY.tally.loads == before
    ann.username = "anna"
    ann.save()
    [message] = history_page(user_id=ann.pk, conversation_id=where.id).messages
    assert message.author.name == "anna"


def test_rows_changed_past_the_services_show_at_once(ann: User) -> None:
    where = conversation(ann)
    said(ann, where, "hello")
    texts(ann, where)
    Message.objects.filter(conversation_id=where.id).update(text="by hand")
    assert texts(ann, where) == ["by hand"]


def test_what_is_rolled_back_never_shows(ann: User) -> None:
    where = conversation(ann)
    said(ann, where, "hello")
    with transaction.atomic():
        said(ann, where, "never")
        assert texts(ann, where) == ["hello", "never"]
        transaction.set_rollback(True)
    assert texts(ann, where) == ["hello"]
