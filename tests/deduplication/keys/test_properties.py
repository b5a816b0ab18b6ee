"""Generated requests: written differently they have one key, meaning something else they have another."""

import json
import math
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from apps.deduplication.keys import Body, scope_key
from tests.deduplication.keys.writing import Draw, Meaning, json_of, meanings, octets, pairs, scope_of, values

quick = settings(max_examples=100, deadline=None)


def key_of(meaning: Meaning, draw: Draw, *, principal: bytes = b"ann") -> str:
    body = Body(content_type=b"application/json", data=json_of(meaning.value, draw))
    return scope_key(scope_of(meaning, draw), principal=principal, body=body)


def said(value: Any) -> str:
    """Return JSON in which only equal values are equal: 1, 1.0 and true are three."""
    return json.dumps(value, sort_keys=True)


def sorted_pairs(found: tuple[tuple[bytes, bytes], ...]) -> list[tuple[bytes, bytes]]:
    return sorted(found, key=lambda pair: pair[0])


def same(one: Meaning, other: Meaning) -> bool:
    kept = [(m.method, m.segments, sorted_pairs(m.pairs), m.accept, m.language, said(m.value)) for m in (one, other)]
    return kept[0] == kept[1]


@quick
@given(meaning=meanings, data=st.data())
def test_a_request_written_twice_has_one_key(meaning: Meaning, data: st.DataObject) -> None:
    assert key_of(meaning, data.draw) == key_of(meaning, data.draw)


@quick
@given(one=meanings, other=meanings, data=st.data())
def test_two_requests_have_two_keys(one: Meaning, other: Meaning, data: st.DataObject) -> None:
    assume(not same(one, other))
    assert key_of(one, data.draw) != key_of(other, data.draw)


@quick
@given(meaning=meanings, one=octets, other=octets, data=st.data())
def test_two_principals_have_two_keys(meaning: Meaning, one: bytes, other: bytes, data: st.DataObject) -> None:
    assume(one != other)
    assert key_of(meaning, data.draw, principal=one) != key_of(meaning, data.draw, principal=other)


@quick
@given(found=pairs.filter(bool), value=octets, data=st.data())
def test_one_parameter_more_is_another_request(
    found: list[tuple[bytes, bytes]], value: bytes, data: st.DataObject
) -> None:
    name = found[0][0]
    fewer, more = Meaning(pairs=tuple(found)), Meaning(pairs=(*found, (name, value)))
    assert key_of(fewer, data.draw) != key_of(more, data.draw)


@quick
@given(found=st.lists(octets, min_size=2, max_size=4, unique=True), data=st.data())
def test_the_order_of_parameters_of_one_name_counts(found: list[bytes], data: st.DataObject) -> None:
    there, back = (Meaning(pairs=tuple((b"a", value) for value in order)) for order in (found, found[::-1]))
    assert key_of(there, data.draw) != key_of(back, data.draw)


@quick
@given(one=values, other=values, data=st.data())
def test_bodies_have_one_key_where_their_values_are_the_same(one: Any, other: Any, data: st.DataObject) -> None:
    keys = [key_of(Meaning(value=value), data.draw) for value in (one, other)]
    assert (keys[0] == keys[1]) == (said(one) == said(other))


@quick
@given(number=st.floats(allow_nan=False, allow_infinity=False))
def test_the_spelling_of_a_float_does_not_count(number: float) -> None:
    assume(math.isfinite(float(f"{number:.30e}")))
    keys = {
        scope_key(
            {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": []},
            principal=b"",
            body=Body(content_type=b"application/json", data=spelling.encode()),
        )
        for spelling in (repr(number), f"{number:.30e}", f"{number:.30E}")
        if "." in spelling or "e" in spelling
    }
    assert len(keys) == 1
