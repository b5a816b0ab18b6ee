"""Numbers of changes, and who is told of them."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

from apps.chat.live import publication, queries
from apps.chat.live.publication import ACCESS, EVENTS, LIVE
from apps.chat.models import Conversation, Membership, Message, User
from apps.chat.services.conversations import get_conversation, rename_conversation
from apps.chat.services.history import history_page, mark_read
from apps.chat.services.members import remove_member
from apps.chat.services.messages import delete_message, edit_message, send_message, take_down_message
from tests.chat.people import conversation, said

Told = list[tuple[str, dict[str, Any]]]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    """What went to the bus."""
    heard: Told = []
    monkeypatch.setattr(publication, "_publish", lambda topic, payload: heard.append((topic, payload)))
    return heard


@pytest.fixture
def committing(django_capture_on_commit_callbacks: Any) -> Any:
    """Run what waits for the commit."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


def numbers(where: int) -> list[tuple[int, int]]:
    return list(Message.objects.filter(conversation_id=where).order_by("sequence").values_list("sequence", "event"))


def test_every_change_takes_the_next_number_and_sequences_stay_as_they_are(ann: User) -> None:
    where = conversation(ann)
    first, second = said(ann, where, "one", "two")
    edit_message(user_id=ann.pk, message_id=first.id, text="changed")
    said(ann, where, "three")
    delete_message(user_id=ann.pk, message_id=second.id)
    delete_message(user_id=ann.pk, message_id=second.id)
    assert numbers(where.id) == [(1, 3), (2, 5), (3, 4)]
    record = get_conversation(user_id=ann.pk, conversation_id=where.id)
    assert (record.last_sequence, record.last_event) == (3, 5)
    assert history_page(user_id=ann.pk, conversation_id=where.id).last_event == 5


def test_resent_message_names_its_last_change(ann: User) -> None:
    where = conversation(ann)
    sent = send_message(user_id=ann.pk, conversation_id=where.id, text="one", client_id="c")
    edit_message(user_id=ann.pk, message_id=sent.message.id, text="two")
    again = send_message(user_id=ann.pk, conversation_id=where.id, text="one", client_id="c")
    assert (sent.event, again.event, again.is_new) == (1, 2, False)


def test_changes_are_told_after_the_commit_with_the_whole_record(ann: User, told: Told, committing: Any) -> None:
    where = conversation(ann)
    with committing():
        message = said(ann, where, "one")[0]
        assert [topic for topic, _ in told] == []
    with committing():
        edit_message(user_id=ann.pk, message_id=message.id, text="two")
    with committing():
        take_down_message(message_id=message.id)
    events = [payload for topic, payload in told if topic == EVENTS]
    assert [(event["sequence"], event["last_sequence"]) for event in events] == [(1, 1), (2, 1), (3, 1)]
    assert '"text":"two"' in events[1]["message"]
    assert '"deleted":true' in events[2]["message"]


def test_what_is_rolled_back_is_not_told(ann: User, told: Told, committing: Any) -> None:
    where = conversation(ann)
    with committing(), transaction.atomic():
        said(ann, where, "one")
        transaction.set_rollback(True)
    assert told == []
    assert Conversation.objects.get(pk=where.id).last_event == 0


def test_message_too_large_for_the_bus_is_told_by_its_number_alone(
    ann: User, told: Told, committing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publication, "PUBLISHED_MAX_BYTES", 100)
    where = conversation(ann)
    with committing():
        said(ann, where, "x" * 200)
    assert [(event["sequence"], event["message"]) for topic, event in told if topic == EVENTS] == [(1, None)]


def test_publication_that_fails_does_not_fail_the_send(
    ann: User, monkeypatch: pytest.MonkeyPatch, committing: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(topic: str, payload: object) -> None:
        raise RuntimeError("no bus")

    where = conversation(ann)
    monkeypatch.setattr(publication, "_publish", broken)
    with committing():
        assert said(ann, where, "one")[0].sequence == 1
    assert "no bus" in caplog.text


def test_changes_of_members_and_titles_are_told(ann: User, bob: User, told: Told, committing: Any) -> None:
    with committing():
        where = conversation(ann, bob)
        rename_conversation(user_id=ann.pk, conversation_id=where.id, title="Other")
        remove_member(user_id=ann.pk, conversation_id=where.id, member_id=bob.pk)
    access = [payload for topic, payload in told if topic == ACCESS]
    assert access == [{"user": user, "conversation": where.id} for user in (ann.pk, bob.pk, bob.pk)]
    changes = [payload["fields"]["change"] for topic, payload in told if topic == LIVE]
    assert changes == ["members", "members", "renamed", "members"]


def test_read_marker_is_told_when_it_moves(ann: User, bob: User, told: Told, committing: Any) -> None:
    where = conversation(ann, bob)
    said(ann, where, "one")
    with committing():
        for _ in range(2):
            mark_read(user_id=bob.pk, conversation_id=where.id, sequence=1)
    assert [payload["fields"]["last_read_sequence"] for _, payload in told] == [1]


@pytest.mark.parametrize("field", ["last_login", "password", "is_active"])
def test_change_of_a_user_is_told_unless_it_is_harmless(ann: User, told: Told, committing: Any, field: str) -> None:
    with committing():
        ann.save(update_fields=[field])
    assert len(told) == (field != "last_login")


def test_page_holds_the_last_change_of_each_message_after_a_number(ann: User) -> None:
    where = conversation(ann)
    first, *_ = said(ann, where, "one", "two", "three")
    edit_message(user_id=ann.pk, message_id=first.id, text="changed")
    page = queries.page_after(where.id, 2)
    assert page is not None
    assert ([event.number for event in page.events], page.number, page.is_whole) == ([3, 4], 4, True)
    assert '"text":"changed"' in page.events[1].frame.text


def test_page_of_too_many_or_too_large_changes_is_not_whole(ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    where = conversation(ann)
    said(ann, where, "one", "two", "three")
    for name, most in (("REPLAY_MAX_EVENTS", 2), ("REPLAY_MAX_BYTES", 100)):
        with monkeypatch.context() as patch:
            patch.setattr(queries, name, most)
            page = queries.page_after(where.id, 0)
            assert page is not None
            assert (page.events, page.number, page.is_whole) == ((), 3, False)


def test_page_is_for_members_of_what_exists(ann: User, eve: User) -> None:
    where = conversation(ann)
    assert queries.page_for(eve.pk, where.id, 0) is None
    assert queries.page_for(ann.pk, where.id, 0) is not None
    Membership.objects.filter(user=ann).delete()
    assert queries.page_for(ann.pk, where.id, 0) is None
    Conversation.objects.filter(pk=where.id).delete()
    assert queries.page_after(where.id, 0) is None


@pytest.fixture
def before_numbers(transactional_db: None) -> Iterator[Any]:
    """The models as they were before changes were numbered."""
    executor = MigrationExecutor(connection)
    executor.migrate([("chat", "0002_search_index")])
    yield executor.loader.project_state([("chat", "0002_search_index")]).apps
    migrate_to_the_latest()


def test_what_was_there_before_begins_at_its_own_number(before_numbers: Any) -> None:
    old = before_numbers.get_model
    where = old("chat", "Conversation").objects.create(title="Old", last_sequence=3)
    for number in (1, 2, 3):
        old("chat", "Message").objects.create(conversation_id=where.pk, sequence=number, text=f"number {number}")
    migrate_to_the_latest()
    assert numbers(where.pk) == [(1, 1), (2, 2), (3, 3)]
    assert Conversation.objects.get(pk=where.pk).last_event == 3


def migrate_to_the_latest() -> None:
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes("chat"))
