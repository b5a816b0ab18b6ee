"""The chat page: what is embedded, where it opens, what it costs."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from apps.chat.models import Membership, Message, User
from apps.chat.records import ConversationRecord
from apps.chat.services.history import history_page
from apps.chat.services.messages import delete_message
from tests.chat.people import conversation, said

SEQUENCE = re.compile(r'data-sequence="(\d+)"')
OPENING = re.compile(r'data-opening="([^"]*)"')
SESSION_AND_USER = 2


def shown(client: Client, path: str) -> str:
    """Return the page at a path."""
    response = client.get(path)
    assert response.status_code == 200, response
    return response.content.decode()


def sequences(page: str) -> list[int]:
    """Return the numbers of the messages on the page; the blank one to be cloned has none."""
    return [int(number) for number in SEQUENCE.findall(page) if number != "0"]


def test_the_page_carries_the_newest_fifty_messages(as_ann: Client, where: ConversationRecord) -> None:
    page = shown(as_ann, f"/c/{where.id}/")
    assert sequences(page) == list(range(11, 61))
    assert "message number 60" in page


def test_the_page_costs_a_list_a_membership_a_range_and_its_readers(
    as_ann: Client, where: ConversationRecord, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(SESSION_AND_USER + 4):
        shown(as_ann, f"/c/{where.id}/")


def test_a_conversation_beyond_the_list_costs_one_query_more(
    as_ann: Client, ann: User, where: ConversationRecord, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(50):
        conversation(ann, title=f"Later {number}")
    with django_assert_num_queries(SESSION_AND_USER + 5):
        assert f"<title>{where.title}" in shown(as_ann, f"/c/{where.id}/")


def test_older_messages_are_a_link_away_without_javascript(as_ann: Client, where: ConversationRecord) -> None:
    newest = shown(as_ann, f"/c/{where.id}/")
    found = re.search(r'href="(\?before=\d+)"', newest)
    assert found is not None
    older = shown(as_ann, f"/c/{where.id}/{found[1]}")
    assert sequences(older) == list(range(1, 11))
    assert "The conversation begins here." in older


def test_a_link_to_a_message_shows_what_is_around_it_and_marks_it(
    as_ann: Client, ann: User, where: ConversationRecord
) -> None:
    fifth = history_page(user_id=ann.pk, conversation_id=where.id, limit=60).messages[4]
    page = shown(as_ann, f"/c/{where.id}/?message={fifth.id}")
    assert sequences(page) == list(range(1, 51))
    assert OPENING.findall(page) == [f"m{fifth.id}"]
    assert page.count("is-target") == 1
    assert 'id="newest"' in page


def test_a_number_leads_to_the_message_that_has_it(as_ann: Client, where: ConversationRecord) -> None:
    page = shown(as_ann, f"/c/{where.id}/?sequence=3")
    assert re.search(r'is-target[^>]*data-sequence="3"', page)


def test_a_date_opens_at_the_first_message_of_that_day_where_the_reader_is(
    as_ann: Client, ann: User, where: ConversationRecord
) -> None:
    start = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)
    for message in Message.objects.filter(conversation_id=where.id):
        Message.objects.filter(pk=message.pk).update(created_at=start + timedelta(hours=message.sequence))
    as_ann.cookies["timezone"] = "Europe/Berlin"
    page = shown(as_ann, f"/c/{where.id}/?date=2026-03-03")
    opening = Message.objects.get(pk=int(OPENING.findall(page)[0][1:]))
    assert opening.created_at == datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
    assert "Tuesday 3 March 2026" in page


def test_the_page_opens_at_the_first_unread_message(
    as_bob: Client, bob: User, ann: User, where: ConversationRecord
) -> None:
    Membership.objects.filter(user=bob).update(last_read_sequence=57)
    page = shown(as_bob, f"/c/{where.id}/")
    assert OPENING.findall(page) == ["unread"]
    assert page.index('id="unread"') < page.index('data-sequence="58"')


def test_more_unread_messages_than_the_page_holds_are_a_link_away(
    as_bob: Client, bob: User, where: ConversationRecord
) -> None:
    Membership.objects.filter(user=bob).update(last_read_sequence=2)
    page = shown(as_bob, f"/c/{where.id}/")
    assert "58 unread" in page
    assert 'href="?sequence=3"' in page


def test_a_deleted_message_is_a_tombstone(as_ann: Client, ann: User) -> None:
    made = conversation(ann)
    message = said(ann, made, "secret words")[0]
    delete_message(user_id=ann.pk, message_id=message.id)
    page = shown(as_ann, f"/c/{made.id}/")
    assert "secret words" not in page
    assert page.count("This message was deleted.") == 1


@pytest.mark.parametrize(("day", "zone"), [("0001-01-01", "Asia/Tokyo"), ("9999-12-31", "Pacific/Honolulu")])
def test_a_day_that_begins_beyond_the_years_there_are_shows_the_newest(
    as_ann: Client, where: ConversationRecord, day: str, zone: str
) -> None:
    as_ann.cookies["timezone"] = zone
    assert sequences(shown(as_ann, f"/c/{where.id}/?date={day}"))[-1] == 60


@pytest.mark.parametrize("query", ["message=1e9", "message=-1", "before=x", "date=2026-13-40", "sequence=" + "9" * 30])
def test_a_position_that_cannot_be_read_shows_the_newest(as_ann: Client, where: ConversationRecord, query: str) -> None:
    assert sequences(shown(as_ann, f"/c/{where.id}/?{query}"))[-1] == 60


def test_a_message_of_another_conversation_is_not_found(as_ann: Client, ann: User, where: ConversationRecord) -> None:
    elsewhere = said(ann, conversation(ann), "elsewhere")[0]
    assert as_ann.get(f"/c/{where.id}/?message={elsewhere.id}").status_code == 404


@pytest.mark.parametrize("zone", ["Nowhere/Atall", "../../etc/passwd", "America", ""])
def test_an_unknown_time_zone_is_passed_over(as_ann: Client, where: ConversationRecord, zone: str) -> None:
    as_ann.cookies["timezone"] = zone
    assert len(sequences(shown(as_ann, f"/c/{where.id}/"))) == 50


def test_reading_a_page_changes_nothing(as_bob: Client, bob: User, where: ConversationRecord) -> None:
    before = (Session.objects.count(), Membership.objects.get(user=bob).last_read_sequence)
    shown(as_bob, f"/c/{where.id}/")
    assert (Session.objects.count(), Membership.objects.get(user=bob).last_read_sequence) == before


def test_who_has_no_account_is_marked_as_such(as_ann: Client, where: ConversationRecord) -> None:
    path = f"/c/{where.id}/"
    mark = '<span class="tag">no account</span>'
    assert mark not in shown(as_ann, path)
    Message.objects.filter(conversation=where.id, sequence=60).update(author=None, author_name="Marie")
    assert shown(as_ann, path).count(mark) == 1
