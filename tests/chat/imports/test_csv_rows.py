"""CSV: every record is a row or a refusal, whatever stands in the file."""

import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.chat.exceptions import InvalidError
from apps.chat.imports import csv_rows as module
from apps.chat.imports.csv_rows import csv_rows
from apps.chat.imports.row import Row
from apps.chat.records import RefusedRow
from tests.chat.imports.files import HEADER, csv_bytes, parsed_csv


def test_reads_every_column() -> None:
    [row] = parsed_csv(f'{HEADER}\nplans,zoe,assistant,2024-05-01T10:00:00+02:00,"a ""b"",\n c"\n')
    assert row == Row(
        line=2,
        conversation="plans",
        title="plans",
        author="zoe",
        role="assistant",
        sent_at=datetime(2024, 5, 1, 8, tzinfo=UTC),
        text='a "b",\n c',
    )


def test_takes_columns_in_any_order_and_ignores_unknown_ones() -> None:
    [row] = parsed_csv("mood,Text, conversation \nglad,hello,c\n")
    assert isinstance(row, Row)
    assert (row.conversation, row.text, row.author, row.role, row.sent_at) == ("c", "hello", None, "user", None)


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("author,text", "no column conversation"),
        ("conversation,author", "no column text"),
        ("", "no column conversation and no column text"),
        ("conversation,text,text", "column text more than once"),
        ('"conversation,text', "no header that can be read"),
    ],
)
def test_refuses_a_file_whose_header_will_not_do(header: str, words: str) -> None:
    with pytest.raises(InvalidError, match=words) as caught:
        parsed_csv(f"{header}\nc,hello\n")
    assert caught.value.field == "file"


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ("c,zoe,user,,", "text: is blank."),
        (",zoe,user,,hello", "conversation: is blank."),
        ("c,zoe,robot,,hello", "role: is none of user, assistant, system and tool."),
        ("c,zoe,user,yesterday,hello", "sent_at: is no time, as 2024-05-31T09:30:00Z is."),
        ("c,zoe,user,1815-12-10T00:00:00Z,hello", "sent_at: lies before 1970 or after 9999."),
        ("c,zoe,user,0001-01-01T00:00:00+14:00,hello", "sent_at: is no time, as 2024-05-31T09:30:00Z is."),
        ("c,zoe,user,,a\x00b", "text: the NUL character at character 2 is not allowed."),
        ("c,zoe,user,,a\u202eb", "text: the bidirectional control U+202E at character 2 is not allowed."),
        (f"c,{'z' * 151},user,,hello", "author: has 151 characters; 150 are the most."),
        (f"{'c' * 256},zoe,user,,hello", "conversation: has 256 characters; 255 are the most."),
        (f"c,zoe,user,,{'x' * 100_001}", "text: has 100,001 characters; 100,000 are the most."),
        ("c,zoe,user,hello", "has 4 columns where the header has 5."),
        ("c,zoe,user,,hello,there", "has 6 columns where the header has 5."),
    ],
)
def test_refuses_a_row_by_line_and_reason_and_takes_the_rest(cells: str, reason: str) -> None:
    before, refused, after = parsed_csv(f"{HEADER}\nc,zoe,user,,one\n{cells}\nc,zoe,user,,two\n")
    assert refused == RefusedRow(line=3, reason=reason)
    assert isinstance(before, Row)
    assert isinstance(after, Row)
    assert (before.text, after.line, after.text) == ("one", 4, "two")


def test_keeps_the_rows_behind_a_quote_that_is_never_closed() -> None:
    rows = parsed_csv(f'{HEADER}\nc,zoe,user,,one\nc,zoe,user,,"two\nc,zoe,user,,three\nc,zoe,user,,four\n')
    assert [row.text for row in rows if isinstance(row, Row)] == ["one", "three", "four"]
    assert [row.line for row in rows if isinstance(row, RefusedRow)] == [3]


def test_keeps_the_rows_between_two_stray_quotes() -> None:
    rows = parsed_csv(f'{HEADER}\nc,zoe,user,,"one\nc,zoe,user,,two\nc,zoe,user,,"three"\n')
    assert [row.text for row in rows if isinstance(row, Row)] == ["two", "three"]
    assert [row.line for row in rows if isinstance(row, RefusedRow)] == [2]


def test_stops_giving_lines_back_when_a_hostile_file_has_used_up_the_allowance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GIVEN_BACK_MAX_CHARACTERS", 10)
    rows = parsed_csv(f'{HEADER}\nc,zoe,user,,"one\nc,zoe,user,,two\nc,zoe,user,,three\n')
    assert [row.line for row in rows] == [2]


def test_a_line_without_end_is_one_refusal_and_is_never_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LINE_MAX_CHARACTERS", 1000)
    long, after = parsed_csv(f"{HEADER}\n{'x' * 5000}\nc,zoe,user,,two\n")
    assert long == RefusedRow(line=2, reason="the line has more than 1,000 characters.")
    assert isinstance(after, Row)
    assert after.line == 3


def test_counts_lines_of_every_ending_and_skips_blank_ones() -> None:
    rows = parsed_csv(f"{HEADER}\r\nc,,,,one\rc,,,,two\n\nc,,,,\n")
    assert [(row.line, isinstance(row, Row)) for row in rows] == [(2, True), (3, True), (5, False)]


def test_cuts_a_title_that_is_too_long_but_not_the_name() -> None:
    [row] = parsed_csv(f"{HEADER}\n{'n' * 255},,,,one\n")
    assert isinstance(row, Row)
    assert (len(row.conversation), len(row.title), row.title[-1]) == (255, 200, "…")


ANYTHING = st.text(st.characters(exclude_categories=()), max_size=300)


@given(st.one_of(ANYTHING, st.text('",\n\rcx', max_size=300)))
def test_no_text_behind_a_header_makes_the_parser_fail(text: str) -> None:
    for row in csv_rows(io.StringIO(f"conversation,text\n{text}", newline="")):
        assert row.line >= 2


CELL = st.text(
    st.characters(codec="utf-8", exclude_characters="\0\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
)


@given(st.lists(CELL.filter(lambda text: bool(text.strip())), max_size=20))
def test_every_written_row_is_read_back_exactly(texts: list[str]) -> None:
    rows = parsed_csv(csv_bytes(*(["c", "zoe", "user", "", text] for text in texts)).decode())
    assert [row.text for row in rows if isinstance(row, Row)] == texts
    assert len(rows) == len(texts)
