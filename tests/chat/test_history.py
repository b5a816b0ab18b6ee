"""Reading page by page."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.chat.exceptions import InvalidError, NotFoundError
from apps.chat.models import Message, User
from apps.chat.records import ConversationRecord, HistoryPage
from apps.chat.services.conversations import get_conversation
from apps.chat.services.history import Position, history_page, mark_read
from tests.chat.people import conversation, said


def numbers(page: HistoryPage) -> list[int]:
    return [message.sequence for message in page.messages]


@pytest.fixture
def where(ann: User) -> ConversationRecord:
    """A conversation of ann's with ten messages."""
    made = conversation(ann)
    said(ann, made, *[f"message {number}" for number in range(1, 11)])
    return made


def test_without_a_position_the_latest_page_comes_oldest_first(ann: User, where: ConversationRecord) -> None:
    page = history_page(user_id=ann.pk, conversation_id=where.id, limit=4)
    assert numbers(page) == [7, 8, 9, 10]
    assert (page.next_before, page.next_after) == (page.messages[0].id, None)


def test_an_empty_conversation_has_an_empty_page(ann: User) -> None:
    page = history_page(user_id=ann.pk, conversation_id=conversation(ann).id)
    assert page == HistoryPage(messages=[], next_before=None, next_after=None, last_event=0)


@pytest.mark.parametrize("limit", [1, 3, 10, 200])
def test_paging_back_and_forth_shows_every_message_once(ann: User, where: ConversationRecord, limit: int) -> None:
    page = history_page(user_id=ann.pk, conversation_id=where.id, limit=limit)
    back = numbers(page)
    while page.next_before:
        position = Position(before=page.next_before)
        page = history_page(user_id=ann.pk, conversation_id=where.id, limit=limit, position=position)
        back = numbers(page) + back
    forth = numbers(page)
    while page.next_after:
        position = Position(after=page.next_after)
        page = history_page(user_id=ann.pk, conversation_id=where.id, limit=limit, position=position)
        forth += numbers(page)
    assert back == forth == list(range(1, 11))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(sequence=st.integers(1, 10), limit=st.integers(1, 12))
def test_a_page_around_a_message_holds_it_and_is_full(
    ann: User, where: ConversationRecord, sequence: int, limit: int
) -> None:
    target = Message.objects.get(conversation_id=where.id, sequence=sequence).pk
    page = history_page(user_id=ann.pk, conversation_id=where.id, limit=limit, position=Position(around=target))
    assert target in [message.id for message in page.messages]
    assert len(page.messages) == min(limit, 10)
    assert (page.next_before is None) == (page.messages[0].sequence == 1)
    assert (page.next_after is None) == (page.messages[-1].sequence == 10)


def test_a_date_leads_to_the_first_message_since(ann: User, where: ConversationRecord) -> None:
    first = Message.objects.get(conversation_id=where.id, sequence=1)
    for message in Message.objects.filter(conversation_id=where.id):
        message.created_at = first.created_at + timedelta(days=message.sequence)
        message.save()
    since = first.created_at + timedelta(days=5)
    page = history_page(user_id=ann.pk, conversation_id=where.id, limit=3, position=Position(since=since))
    assert numbers(page) == [5, 6, 7]


def test_a_date_after_the_end_leads_to_the_end(ann: User, where: ConversationRecord) -> None:
    since = where.created_at + timedelta(days=1)
    page = history_page(user_id=ann.pk, conversation_id=where.id, limit=3, position=Position(since=since))
    assert numbers(page) == [8, 9, 10]


def test_positions_outside_the_conversation_are_refused_by_name(ann: User, where: ConversationRecord) -> None:
    other = said(ann, conversation(ann), "elsewhere")[0].id
    for field in ("before", "after", "around"):
        for message_id in (other, 0, 10**9, 2**70):
            position = Position(**{field: message_id})
            with pytest.raises(InvalidError) as refused:
                history_page(user_id=ann.pk, conversation_id=where.id, position=position)
            assert refused.value.field == field


def test_two_positions_at_once_are_refused() -> None:
    with pytest.raises(InvalidError, match="cannot be combined"):
        Position(before=1, after=2)


@pytest.mark.parametrize("limit", [0, -1, 201])
def test_limits_out_of_bounds_are_refused_by_name(ann: User, where: ConversationRecord, limit: int) -> None:
    with pytest.raises(InvalidError) as refused:
        history_page(user_id=ann.pk, conversation_id=where.id, limit=limit)
    assert refused.value.field == "limit"


def test_outsiders_read_nothing(eve: User, where: ConversationRecord) -> None:
    with pytest.raises(NotFoundError):
        history_page(user_id=eve.pk, conversation_id=where.id)
    with pytest.raises(NotFoundError):
        mark_read(user_id=eve.pk, conversation_id=where.id, sequence=1)


@pytest.mark.parametrize(("position", "queries"), [("latest", 2), ("before", 3), ("after", 3), ("around", 3)])
def test_a_page_costs_three_queries_at_most(
    ann: User, where: ConversationRecord, position: str, queries: int, django_assert_num_queries: Any
) -> None:
    message_id = Message.objects.get(conversation_id=where.id, sequence=5).pk
    chosen = Position() if position == "latest" else Position(**{position: message_id})
    with django_assert_num_queries(queries):
        history_page(user_id=ann.pk, conversation_id=where.id, limit=5, position=chosen)


def test_unread_counts_follow_the_marker(ann: User, bob: User) -> None:
    where = conversation(ann, bob)
    said(ann, where, "one", "two", "three")
    assert get_conversation(user_id=bob.pk, conversation_id=where.id).unread == 3
    assert get_conversation(user_id=ann.pk, conversation_id=where.id).unread == 0
    assert mark_read(user_id=bob.pk, conversation_id=where.id, sequence=2) == 2
    assert get_conversation(user_id=bob.pk, conversation_id=where.id).unread == 1


def test_the_marker_never_moves_back_or_past_the_end(ann: User, bob: User) -> None:
    where = conversation(ann, bob)
    said(ann, where, "one", "two", "three")
    for wanted, stands in ((2, 2), (1, 2), (99, 3), (0, 3)):
        assert mark_read(user_id=bob.pk, conversation_id=where.id, sequence=wanted) == stands
    with pytest.raises(InvalidError):
        mark_read(user_id=bob.pk, conversation_id=where.id, sequence=-1)


def test_sending_marks_as_read(ann: User, bob: User) -> None:
    where = conversation(ann, bob)
    said(ann, where, "one", "two")
    said(bob, where, "three")
    assert get_conversation(user_id=bob.pk, conversation_id=where.id).unread == 0
