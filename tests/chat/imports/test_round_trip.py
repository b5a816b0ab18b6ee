"""What goes out comes back in, and goes out again as the same bytes."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import repeat
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.chat.exceptions import InvalidError, NotFoundError
from apps.chat.exports import csv_lines as csv_module
from apps.chat.exports import jsonl_lines as jsonl_module
from apps.chat.exports import selection as selection_module
from apps.chat.exports.selection import ExportedConversation, ExportedMessage
from apps.chat.imports.row import Row
from apps.chat.models import Conversation, Message, User
from apps.chat.services.conversations import delete_conversation
from apps.chat.services.exports import export_conversation, export_conversations
from apps.chat.services.messages import delete_message, edit_message
from tests.chat.imports.files import counts, csv_bytes, dialogue, imported, jsonl_bytes, line
from tests.chat.people import conversation, person, said

SUFFIX = {"csv": "chat.csv", "jsonl": "chat.jsonl"}


def out(user: User | None, form: str, **options: Any) -> bytes:
    return b"".join(export_conversations(user_id=user.pk if user else None, format=form, **options))


FILE = csv_bytes(
    line("one", sent_at="2024-05-01T10:00:00Z"),
    line('two, "quoted"\n\nand long ', sent_at="2024-05-01T10:00:00.250000Z"),
    line("=1+1"),
    line("hello", role="assistant", author="Assistant"),
    line("rules", role="system", author="System", conversation="-d"),
)


def test_a_csv_file_goes_out_as_it_came_in(ann: User) -> None:
    imported(ann, FILE)
    assert out(ann, "csv") == FILE


def test_a_jsonl_file_goes_out_as_it_came_in(ann: User) -> None:
    named = {"role": "user", "content": "x", "name": "zoe", "created_at": "2024-05-01T10:00:00Z"}
    data = jsonl_bytes(
        dialogue(("system", "s"), ("user", "ü"), ("assistant", "a"), id="c1", title="One"),
        {"id": "c2", "title": "Two", "messages": [named]},
    )
    imported(ann, data, "a.jsonl")
    assert out(ann, "jsonl").decode() == data.decode().replace("\\u00fc", "ü")


def test_an_export_of_ones_own_is_recognised_when_it_comes_back(ann: User) -> None:
    imported(ann, FILE)
    for form, name in SUFFIX.items():
        assert counts(imported(ann, out(ann, form), name)) == (0, 5, 0)


def test_our_own_conversations_get_names_that_come_back(ann: User, bob: User) -> None:
    made = conversation(ann, bob, title="Plans, old & new")
    said(ann, made, "hello", "*world*")
    said(bob, made, "hi")
    assert f'"Plans, old & new (perfsite-{made.id})",ann,user,20' in out(ann, "csv").decode()
    first = (
        f'{{"id": "perfsite-{made.id}", "title": "Plans, old & new", "messages": [{{"role": "user", "content": "hello"'
    )
    assert out(ann, "jsonl").decode().startswith(f'{first}, "name": "ann", "created_at": "20')
    eve = person("eve")
    for form, name in SUFFIX.items():
        before = out(ann, form)
        assert counts(imported(eve, before, name)) == (3, 0, 0)
        assert out(eve, form, conversation_ids=[Conversation.objects.latest("pk").pk]) == before


def test_leaves_deleted_messages_out_and_takes_the_edited_text(ann: User) -> None:
    one, _, three = said(ann, conversation(ann), "one", "two", "three")
    delete_message(user_id=ann.pk, message_id=one.id)
    edit_message(user_id=ann.pk, message_id=three.id, text="3")
    assert [row.rpartition(",")[2] for row in out(ann, "csv").decode().splitlines()[1:]] == ["two", "3"]


def test_what_nobody_is_known_to_have_said_is_not_put_in_the_mouth_of_whoever_imports_it(ann: User) -> None:
    said(ann, conversation(ann), "hi")
    Message.objects.update(author=None)
    assert b",Deleted user,user," in out(ann, "csv")
    assert b'"name": "Deleted user"' in out(ann, "jsonl")


def test_names_are_unique_when_two_people_imported_the_same_file(ann: User, bob: User) -> None:
    for owner in (ann, bob):
        imported(owner, csv_bytes(line("one")))
    names = [row.partition(",")[0] for row in out(None, "csv").decode().splitlines()[1:]]
    assert len(set(names)) == 2
    assert all(name.startswith("c (perfsite-") for name in names)


def test_a_name_of_ours_that_an_imported_file_has_taken_is_made_another(ann: User) -> None:
    made = conversation(ann)
    said(ann, made, "ours")
    imported(
        ann,
        csv_bytes(line("theirs", conversation=f"perfsite-{made.id}"), line("x", conversation=f"perfsite-{made.id}-2")),
    )
    ids = [row.split('"')[3] for row in out(ann, "jsonl").decode().splitlines()]
    assert ids == [f"perfsite-{made.id}-3", f"perfsite-{made.id}", f"perfsite-{made.id}-2"]


def test_exports_only_what_the_user_is_a_member_of(ann: User, bob: User) -> None:
    hers, theirs = conversation(ann, title="hers"), conversation(bob, ann, title="theirs")
    said(ann, hers, "x")
    said(ann, theirs, "y")
    assert out(bob, "csv").count(b"\r\n") == 2
    assert out(ann, "csv").count(b"\r\n") == out(None, "csv").count(b"\r\n") == 3
    with pytest.raises(NotFoundError):
        out(bob, "csv", conversation_ids=[theirs.id, hers.id])
    with pytest.raises(NotFoundError):
        export_conversation(user_id=bob.pk, conversation_id=hers.id, format="csv")
    assert b"".join(export_conversation(user_id=bob.pk, conversation_id=theirs.id, format="csv")) == out(bob, "csv")


def test_leaves_deleted_conversations_out(ann: User) -> None:
    made = conversation(ann)
    said(ann, made, "x")
    delete_conversation(user_id=ann.pk, conversation_id=made.id)
    assert (out(None, "csv"), out(None, "jsonl")) == (csv_bytes(), b"")


def test_refuses_an_unknown_format_before_the_first_chunk(ann: User) -> None:
    with pytest.raises(InvalidError) as caught:
        export_conversation(user_id=ann.pk, conversation_id=conversation(ann).id, format="xml")
    assert caught.value.field == "format"


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection_module, "PAGE_MESSAGES", 3)
    monkeypatch.setattr(selection_module, "PAGE_CONVERSATIONS", 2)
    monkeypatch.setattr(csv_module, "CHUNK_CHARACTERS", 50)
    monkeypatch.setattr(jsonl_module, "CHUNK_CHARACTERS", 50)
    monkeypatch.setattr(jsonl_module, "LINE_CHARACTERS", 400)


@pytest.mark.usefixtures("small_pages")
def test_pages_chunks_and_long_lines_lose_nothing(ann: User, bob: User) -> None:
    sizes = [1, 2, 7, 1, 1, 1, 4, 3]
    rows = [
        line(f"text {number}", conversation=f"c{place}") for place, size in enumerate(sizes) for number in range(size)
    ]
    imported(ann, csv_bytes(*rows))
    assert out(ann, "csv") == csv_bytes(*rows)
    lines = out(ann, "jsonl")
    assert len(list(export_conversations(user_id=ann.pk, format="jsonl"))) > 5
    assert lines.count(b'"id": "c2"') == 2
    assert counts(imported(bob, lines, "a.jsonl")) == (20, 0, 0)
    assert (out(bob, "csv"), out(bob, "jsonl")) == (csv_bytes(*rows), lines)


def test_costs_the_same_few_queries_for_many_small_conversations(ann: User, django_assert_max_num_queries: Any) -> None:
    imported(ann, csv_bytes(*[line("x", conversation=f"c{number}") for number in range(150)]))
    with django_assert_max_num_queries(6):
        assert out(ann, "csv").count(b"\r\n") == 151


TEXT = st.text(
    st.characters(codec="utf-8", exclude_characters="\0\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
)
NAME = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Cs", "Zs", "Zl", "Zp")), min_size=1, max_size=20
)
MOMENT = st.none() | st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001


@st.composite
def rows(draw: Any) -> list[Row]:
    said_in = st.builds(
        Row,
        line=st.just(1),
        conversation=draw(st.lists(NAME, min_size=1, max_size=3).map(st.sampled_from)),
        title=st.just("t"),
        author=NAME,
        role=st.sampled_from(["user", "assistant", "system"]),
        sent_at=MOMENT,
        text=TEXT.filter(lambda text: bool(text.strip())),
    )
    return draw(st.lists(said_in, min_size=1, max_size=12))  # type: ignore[no-any-return]


def cells(row: Row) -> list[str]:
    return [row.conversation, row.author or "", row.role, row.sent_at.isoformat() if row.sent_at else "", row.text]


@pytest.fixture
def clean(ann: User, bob: User) -> Iterator[Any]:
    def clear() -> None:
        Message.objects.all().delete()
        Conversation.objects.all().delete()

    return clear  # type: ignore[return-value]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=rows())
def test_any_conversation_survives_the_way_out_and_in(ann: User, bob: User, clean: Any, said: list[Row]) -> None:
    clean()
    assert counts(imported(ann, csv_bytes(*map(cells, said)))) == (len(said), 0, 0)
    for form, name in SUFFIX.items():
        theirs = list(Conversation.objects.filter(imported_by=bob).values_list("pk", flat=True))
        Message.objects.filter(conversation_id__in=theirs).delete()
        Conversation.objects.filter(pk__in=theirs).delete()
        data = out(ann, form)
        assert counts(imported(bob, data, name)) == (len(said), 0, 0)
        assert out(bob, form) == data
        assert counts(imported(bob, data, name)) == (0, len(said), 0)


def test_a_line_of_the_shortest_messages_stays_as_short_as_the_import_takes() -> None:
    talk = ExportedConversation(id=1, label="c", title="c", is_imported=True, last_sequence=60_000)
    word = ExportedMessage(author="zoe", is_named=True, role="user", sent_at=datetime(2024, 5, 1, tzinfo=UTC), text="k")
    lines = b"".join(jsonl_module.jsonl_lines(iter([(talk, repeat(word, 60_000))]))).splitlines()
    assert len(lines) > 1
    assert max(map(len, lines)) < 2 * jsonl_module.LINE_CHARACTERS
