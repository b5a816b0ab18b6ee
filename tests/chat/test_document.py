"""Pages that the database writes itself."""

from datetime import UTC, datetime, timedelta

import orjson
import pytest

from apps.chat.document import Span, load_document, page_of
from apps.chat.exceptions import NotFoundError
from apps.chat.models import Conversation, Message, User
from apps.chat.records import ConversationRecord, message_record
from apps.chat.services.history import Position, history_body, history_page
from apps.chat.services.messages import delete_message, edit_message
from tests.chat.people import conversation, said

ALL = Span(first=1, count=200)
ODD = ('"quoted" \\ back', "a\ttab, a\nline and \x01", "é 👍 \u2028 </script>", "%s {} ' --")


@pytest.fixture
def where(ann: User, bob: User) -> ConversationRecord:
    """A conversation with one message of every kind."""
    made = conversation(ann, bob)
    sent = [*said(ann, made, *ODD), *said(bob, made, "to be edited", "to be deleted")]
    edit_message(user_id=bob.pk, message_id=sent[-2].id, text="**edited**")
    delete_message(user_id=bob.pk, message_id=sent[-1].id)
    imported = {"author": None, "author_name": "Zoë", "role": "assistant", "completion": "cut", "text": "hm"}
    for number, microsecond in enumerate((0, 120, 123400), start=7):
        moment = datetime(1999, 12, 31, 23, 59, 59, microsecond, tzinfo=UTC)
        Message.objects.create(
            conversation_id=made.id, sequence=number, event=number + 2, created_at=moment, **imported
        )
    Conversation.objects.filter(pk=made.id).update(last_sequence=9, last_event=11)
    return made


def test_the_database_writes_what_the_records_are_written_as(where: ConversationRecord) -> None:
    document = orjson.loads(load_document(conversation_id=where.id, span=ALL))
    rows = Message.objects.select_related("author").filter(conversation_id=where.id).order_by("sequence")
    records = orjson.loads(orjson.dumps([message_record(row) for row in rows], option=orjson.OPT_UTC_Z))
    assert document == {"messages": records, "next_before": None, "next_after": None, "last_event": 11}
    assert [list(message) for message in document["messages"]] == [list(record) for record in records]


def test_a_document_is_read_back_as_the_records_it_was_written_from(where: ConversationRecord) -> None:
    page = page_of(load_document(conversation_id=where.id, span=ALL))
    rows = Message.objects.select_related("author").filter(conversation_id=where.id).order_by("sequence")
    assert page.messages == [message_record(row) for row in rows]
    assert (page.next_before, page.next_after, page.last_event) == (None, None, 11)


def test_page_and_document_are_the_same(ann: User, where: ConversationRecord) -> None:
    position = Position(since=datetime(2000, 1, 1, tzinfo=UTC) - timedelta(seconds=1))
    asked = {"user_id": ann.pk, "conversation_id": where.id, "limit": 4, "position": position}
    assert page_of(history_body(**asked).content) == history_page(**asked)  # type: ignore[arg-type]


def test_an_outsider_is_told_nothing_of_what_is_in_a_conversation(eve: User, where: ConversationRecord) -> None:
    inside = Message.objects.filter(conversation_id=where.id).values_list("pk", flat=True)[0]
    for position in (Position(), Position(before=inside), Position(before=10**9)):
        with pytest.raises(NotFoundError):
            history_body(user_id=eve.pk, conversation_id=where.id, position=position)


def test_a_deleted_conversation_has_no_document(where: ConversationRecord) -> None:
    Conversation.objects.filter(pk=where.id).update(deleted_at=datetime(2026, 1, 1, tzinfo=UTC))
    with pytest.raises(NotFoundError):
        load_document(conversation_id=where.id, span=ALL)
