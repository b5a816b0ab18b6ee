"""OpenAI chat JSONL: a dialogue on each line."""

import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.chat.imports import jsonl_rows as module
from apps.chat.imports.jsonl_rows import jsonl_rows
from apps.chat.imports.row import Row
from apps.chat.imports.tally import Tally
from apps.chat.records import RefusedRow
from tests.chat.imports.files import dialogue, jsonl_bytes

SECOND = "character 2 is not allowed."
NO_TIME = "sent_at: is no number of seconds since 1970."
LONG_ID = json.dumps({"id": "d" * 256, "messages": [{"role": "user", "content": "x"}]})


def parsed(text: str) -> list[Row | RefusedRow]:
    with Tally() as tally:
        return list(jsonl_rows(io.StringIO(text, newline=""), tally=tally))


def only(*messages: tuple[str, Any], **more: Any) -> list[Row | RefusedRow]:
    return parsed(jsonl_bytes(dialogue(*messages, **more)).decode())


def test_reads_a_dialogue_with_its_id_and_title() -> None:
    first, second = only(("user", "Hello?"), ("assistant", "Hi!"), id="d1", title="Greeting")
    assert isinstance(first, Row)
    assert isinstance(second, Row)
    assert (first.conversation, first.title, first.role, first.text) == ("d1", "Greeting", "user", "Hello?")
    assert (second.role, second.text, second.author, second.sent_at) == ("assistant", "Hi!", None, None)


def test_reads_names_and_times_of_messages() -> None:
    message = {"role": "user", "content": "Hello", "name": "zoe", "created_at": "2024-05-01T10:00:00"}
    later = {"role": "user", "content": "Hello", "created_at": 1714557600.5}
    first, second = parsed(json.dumps({"id": "d", "messages": [message, later]}))
    assert isinstance(first, Row)
    assert isinstance(second, Row)
    assert (first.author, first.sent_at) == ("zoe", datetime(2024, 5, 1, 10, tzinfo=UTC))
    assert second.sent_at == datetime(2024, 5, 1, 10, 0, 0, 500_000, tzinfo=UTC)


def test_joins_the_parts_of_a_content_and_notes_what_is_no_text() -> None:
    parts = [
        {"type": "text", "text": "Look:"},
        {"type": "image_url", "image_url": {"url": "data:…"}},
        {"type": "input_audio"},
        {"type": "refusal", "refusal": "No."},
        {"type": "hologram"},
        "and so on",
        7,
    ]
    [row] = only(("user", parts))
    assert isinstance(row, Row)
    assert row.text == "Look:\n\n[image]\n\n[audio]\n\nNo.\n\n[attachment]\n\nand so on"


@pytest.mark.parametrize(
    ("role", "expected", "author"),
    [
        ("developer", "system", None),
        ("tool", "assistant", "tool"),
        ("function", "assistant", "tool"),
        ("User", "user", None),
    ],
)
def test_knows_the_other_words_for_roles(role: str, expected: str, author: str | None) -> None:
    [row] = only((role, "words"))
    assert isinstance(row, Row)
    assert (row.role, row.author) == (expected, author)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"a', "json: Invalid control character at character 4."),
        ("[]", "json: is no object."),
        ("7", "json: is no object."),
        ('{"messages": 3}', "messages: is no list of messages."),
        ('{"messages": []}', "messages: is no list of messages."),
        ('{"id": true, "messages": [{"role": "user", "content": "x"}]}', "id: is neither text nor a whole number."),
        (LONG_ID, "conversation: has 256 characters; 255 are the most."),
        ("[" * 200_000, "json: is nested too deeply."),
        ("9" * 5000, "json: holds a number too long to read."),
    ],
)
def test_refuses_a_broken_line_once_and_takes_the_others(line: str, reason: str) -> None:
    good = '{"id": "d", "messages": [{"role": "user", "content": "x"}]}'
    rows = parsed(f"{good}\n{line}\n\n{good}\n")
    assert [(row.line, isinstance(row, Row)) for row in rows] == [(1, True), (2, False), (4, True)]
    assert rows[1] == RefusedRow(line=2, reason=reason)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ({"role": "user"}, "message 1: text: is missing."),
        ({"role": "user", "content": " "}, "message 1: text: is blank."),
        ({"role": "user", "content": {"a": 1}}, "message 1: text: is missing."),
        ({"content": "x"}, "message 1: role: is missing."),
        ({"role": 5, "content": "x"}, "message 1: role: is no text."),
        ({"role": "user", "content": "x", "name": 5}, "message 1: author: is no text."),
        ({"role": "user", "content": "x", "created_at": [1]}, "message 1: sent_at: is neither text nor a number."),
        ({"role": "user", "content": "x", "created_at": 1e300}, f"message 1: {NO_TIME}"),
        ({"role": "user", "content": "x", "created_at": float("nan")}, f"message 1: {NO_TIME}"),
        ({"role": "user", "content": "x\ud800"}, f"message 1: text: the lone surrogate U+D800 at {SECOND}"),
        ("words", "message 1: role: is missing."),
    ],
)
def test_refuses_a_message_and_takes_the_rest_of_its_dialogue(message: Any, reason: str) -> None:
    refused, taken = parsed(json.dumps({"id": "d", "messages": [message, {"role": "user", "content": "y"}]}))
    assert refused == RefusedRow(line=1, reason=reason)
    assert isinstance(taken, Row)


def test_names_a_dialogue_without_id_by_its_content_the_same_in_every_run() -> None:
    text = jsonl_bytes(dialogue(("user", "a")), dialogue(("user", "b")), dialogue(("user", "a"))).decode()
    first, second = parsed(text), parsed(text)
    names = [row.conversation for row in first if isinstance(row, Row)]
    assert first == second
    assert len(set(names)) == 3
    assert names[2] == f"{names[0]}-2"


def test_takes_a_whole_number_for_an_id() -> None:
    [row] = only(("user", "x"), id=42)
    assert isinstance(row, Row)
    assert row.conversation == "42"


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        (None, "What is it?"),
        ("", "What is it?"),
        (7, "What is it?"),
        ("a\nb\u202ec", "a b c"),
        ("t" * 300, f"{'t' * 199}…"),
    ],
)
def test_makes_a_title_where_there_is_none_that_can_be_kept(title: Any, expected: str) -> None:
    row = only(("system", "Be kind."), ("user", "What is it?"), title=title)[0]
    assert isinstance(row, Row)
    assert row.title == expected


def test_a_line_without_end_is_one_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ELEMENT_MAX_CHARACTERS", 100)
    good = '{"messages": [{"role": "user", "content": "x"}]}'
    rows = parsed(f"{'y' * 350}\n{good}\n")
    assert rows[0] == RefusedRow(line=1, reason="line: has more than 100 characters.")
    assert isinstance(rows[1], Row)


@pytest.mark.parametrize(
    ("bomb", "reason"),
    [
        ("[]," * 1_000_000, "json: has more than 1,000,000 parts."),
        ("0," * 600_000, "messages: has more than 600,000 entries."),
    ],
)
def test_refuses_a_line_of_countless_parts_before_they_fill_the_memory(bomb: str, reason: str) -> None:
    assert parsed(f'{{"messages": [{bomb}0]}}\n') == [RefusedRow(line=1, reason=reason)]


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(st.characters(exclude_categories=()), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
MESSAGE = st.fixed_dictionaries({}, optional=dict.fromkeys(("role", "content", "name", "created_at"), JSON))
DIALOGUE = st.fixed_dictionaries(
    {"messages": JSON | st.lists(MESSAGE | JSON, max_size=4)}, optional={"id": JSON, "title": JSON}
)


@given(st.lists(DIALOGUE | JSON, max_size=4))
def test_every_line_of_any_json_is_accounted_for(values: list[Any]) -> None:
    rows = parsed("".join(f"{json.dumps(value)}\n" for value in values))
    assert {row.line for row in rows} == set(range(1, len(values) + 1))


@given(st.text(st.characters(exclude_categories=()), max_size=200))
def test_no_text_makes_the_parser_fail(text: str) -> None:
    assert all(isinstance(row, RefusedRow) for row in parsed(text))
