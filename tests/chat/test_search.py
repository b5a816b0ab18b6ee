"""Finding messages by their words, the same on both engines."""

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.chat.cursor import encoded
from apps.chat.exceptions import InvalidError
from apps.chat.models import Message, User
from apps.chat.services.members import remove_member
from apps.chat.services.messages import delete_message, edit_message
from apps.chat.services.search import excerpt_html, search_messages
from tests.chat.people import conversation, said


def found(user: User, query: str) -> list[str]:
    return [hit.message.text for hit in search_messages(user_id=user.pk, query=query).results]


def test_every_word_must_be_there_and_the_newest_comes_first(ann: User) -> None:
    said(ann, conversation(ann), "red apple", "green apple", "Red and green APPLE")
    assert found(ann, "apple red") == ["Red and green APPLE", "red apple"]


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("see /usr/lib/modules/2.6.8 there", "modules"),
        ("see /usr/lib/modules/2.6.8 there", "usr/lib 2.6"),
        ("mail jo.doe@example.org", "doe example"),
        ("snake_case and kebab-case", "snake case kebab"),
        ("Žluťoučký kůň", "žluťoučký"),
        ("Привет мир", "привет"),
        ("don't", "don't"),
        ("**bold**", "bold"),
        ("日本語のテキスト", "日本語のテキスト"),
        ("beginnings", "begin"),
        ("a; DROP TABLE x", "drop table"),
    ],
)
def test_words_are_split_the_same_in_texts_and_queries(ann: User, text: str, query: str) -> None:
    said(ann, conversation(ann), "nothing here", text)
    assert found(ann, query) == [text]


def test_only_the_last_word_is_a_beginning(ann: User) -> None:
    said(ann, conversation(ann), "beginnings end")
    assert found(ann, "end begin") == ["beginnings end"]
    assert found(ann, "begin end") == []


def test_nobody_finds_what_they_may_not_read(ann: User, bob: User, eve: User) -> None:
    where = conversation(ann, bob)
    said(ann, where, "treasure")
    assert found(bob, "treasure") == ["treasure"]
    assert found(eve, "treasure") == []
    remove_member(user_id=bob.pk, conversation_id=where.id, member_id=bob.pk)
    assert found(bob, "treasure") == []


def test_edits_and_deletions_are_found_out(ann: User) -> None:
    first, second = said(ann, conversation(ann), "alpha", "beta")
    edit_message(user_id=ann.pk, message_id=first.id, text="gamma")
    delete_message(user_id=ann.pk, message_id=second.id)
    assert found(ann, "alpha") == found(ann, "beta") == []
    assert found(ann, "gamma") == ["gamma"]


def test_rows_deleted_for_good_leave_the_index(ann: User) -> None:
    said(ann, conversation(ann), "alpha", "beta")
    Message.objects.all().delete()
    assert found(ann, "alpha") == []
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO chat_message_words(chat_message_words) VALUES ('integrity-check')")
            assert cursor.fetchall() == []


def test_pages_follow_the_cursor_without_gap_or_repeat(ann: User) -> None:
    texts = [f"apple {number}" for number in range(45)]
    said(ann, conversation(ann), *texts)
    pages, cursor = [], None
    while True:
        page = search_messages(user_id=ann.pk, query="apple", cursor=cursor)
        pages.append([hit.message.text for hit in page.results])
        cursor = page.next
        if cursor is None:
            break
    assert [len(page) for page in pages] == [20, 20, 5]
    assert [text for page in pages for text in page] == texts[::-1]


@pytest.mark.parametrize("query", ["", "  ", "!?", "x" * 201, "a " * 17])
def test_queries_without_words_or_out_of_bounds_are_refused(ann: User, query: str) -> None:
    with pytest.raises(InvalidError) as refused:
        search_messages(user_id=ann.pk, query=query)
    assert refused.value.field == "q"


def test_forged_cursors_are_refused(ann: User) -> None:
    for cursor in ("x", encoded(1, 2)):
        with pytest.raises(InvalidError) as refused:
            search_messages(user_id=ann.pk, query="x", cursor=cursor)
        assert refused.value.field == "cursor"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
@given(query=st.text(max_size=60))
def test_no_query_breaks_the_engine(ann: User, query: str) -> None:
    try:
        assert found(ann, query) == []
    except InvalidError as refused:
        assert refused.field == "q"  # noqa: PT017


@given(text=st.text(max_size=400), words=st.lists(st.text("abc<&\"'", min_size=1, max_size=3), min_size=1, max_size=3))
def test_excerpts_hold_no_markup_but_marks(text: str, words: list[str]) -> None:
    html = excerpt_html(text, words).replace("<mark>", "").replace("</mark>", "")
    assert not set('<>"') & set(html)


def test_an_excerpt_shows_the_first_match_in_its_place() -> None:
    text = "x " * 200 + "needle " + "y " * 200
    assert "<mark>needle</mark>" in excerpt_html(text, ["needle"])
    assert excerpt_html(text, ["needle"]).startswith("…")
    assert excerpt_html(text, ["needle"]).endswith("…")
    assert excerpt_html("no match <b>", ["z"]) == "no match &lt;b&gt;"
