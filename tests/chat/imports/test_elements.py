"""Elements of a large JSON list, cut out wherever the chunks end."""

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.chat.exceptions import InvalidError
from apps.chat.imports import elements as module
from apps.chat.imports.elements import Element, list_elements
from apps.chat.records import RefusedRow


def elements(text: str) -> list[Element | RefusedRow]:
    return list(list_elements(io.StringIO(text)))


def test_yields_each_element_with_the_line_it_begins_on() -> None:
    assert elements('\n [{"a": "]"},\n\n{"b": [1,\n{}]}, {"c": "\\"}"}\n]') == [
        Element(line=2, text='{"a": "]"}'),
        Element(line=4, text='{"b": [1,\n{}]}'),
        Element(line=5, text='{"c": "\\"}"}'),
    ]


@pytest.mark.parametrize("text", ["", "  \n", "{}", '"a"', "7", "x["])
def test_refuses_a_file_that_is_no_list(text: str) -> None:
    with pytest.raises(InvalidError, match="is no JSON list") as caught:
        elements(text)
    assert caught.value.field == "file"


def test_an_empty_list_has_no_elements() -> None:
    assert elements(" [ ] trailing") == []


def test_refuses_what_is_no_object_between_elements() -> None:
    assert elements('[{}, 7, "words [", {}\n, null]') == [
        Element(line=1, text="{}"),
        RefusedRow(line=1, reason="json: is no object."),
        Element(line=1, text="{}"),
        RefusedRow(line=2, reason="json: is no object."),
    ]


@pytest.mark.parametrize("text", ['[{}, {"a', '[{}, {"a": "b\\', "[{},", "[{}"])
def test_tells_when_the_file_ends_before_its_list(text: str) -> None:
    assert elements(text) == [
        Element(line=1, text="{}"),
        RefusedRow(line=1, reason="json: the file ends before its list does."),
    ]


def test_refuses_an_element_that_is_too_long_and_yields_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ELEMENT_MAX_CHARACTERS", 50)
    monkeypatch.setattr(module, "CHUNK_CHARACTERS", 16)
    assert elements(f'[{{"a": "{"x" * 200}"}}, {{}}, {"7" * 200}, {{}}]') == [
        RefusedRow(line=1, reason="json: has more than 50 characters."),
        Element(line=1, text="{}"),
        RefusedRow(line=1, reason="json: has more than 50 characters."),
        Element(line=1, text="{}"),
    ]


NAMES = st.text(st.sampled_from('ab"\\[]{}\n,'), max_size=6)
VALUES = st.recursive(NAMES | st.integers(), lambda v: st.lists(v, max_size=3) | st.dictionaries(NAMES, v, max_size=3))


@given(st.lists(st.dictionaries(NAMES, VALUES, max_size=3), max_size=5), st.integers(1, 12), st.sampled_from([None, 1]))
def test_cuts_any_list_the_same_wherever_its_chunks_end(values: list[Any], size: int, indent: int | None) -> None:
    before, module.CHUNK_CHARACTERS = module.CHUNK_CHARACTERS, size
    try:
        found = elements(json.dumps(values, indent=indent))
    finally:
        module.CHUNK_CHARACTERS = before
    assert [json.loads(element.text) for element in found if isinstance(element, Element)] == values
    assert len(found) == len(values)


@given(st.text(st.sampled_from('ab"\\[]{}\n, 7'), max_size=60), st.integers(1, 8))
def test_no_text_makes_the_splitter_fail(text: str, size: int) -> None:
    before, module.CHUNK_CHARACTERS = module.CHUNK_CHARACTERS, size
    try:
        assert all(element.line <= 1 + text.count("\n") for element in elements(f"[{text}"))
    finally:
        module.CHUNK_CHARACTERS = before
