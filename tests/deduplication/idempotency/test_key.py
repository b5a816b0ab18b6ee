"""What is a key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.deduplication.idempotency.exceptions import KeyFormatError
from apps.deduplication.idempotency.key import KEY_MAX_CHARACTERS, parsed_key

PRINTABLE = [chr(code) for code in range(0x20, 0x7F)]


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ("abc", "abc"),
        ('"abc"', "abc"),
        (' "abc"\t', "abc"),
        ('"a b,c"', "a b,c"),
        (r'"a\"b\\c"', r'a"b\c'),
        ("8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324"),
        ("x" * KEY_MAX_CHARACTERS, "x" * KEY_MAX_CHARACTERS),
    ],
)
def test_a_key_comes_in_quotes_or_bare(value: str, key: str) -> None:
    assert parsed_key(value) == key


@pytest.mark.parametrize(
    "value",
    ["", " ", '""', "a b", "a,b", '"a', 'a"', '"a"b"', '"a","b"', '"a";x=1', "é", '"é"', '"\t"', r'"\a"', "(a)"],
)
def test_what_is_no_key_is_refused(value: str) -> None:
    with pytest.raises(KeyFormatError, match="must"):
        parsed_key(value)


@pytest.mark.parametrize("value", ["x" * (KEY_MAX_CHARACTERS + 1), f'"{"x" * (KEY_MAX_CHARACTERS + 1)}"'])
def test_a_long_key_is_refused_with_its_bounds(value: str) -> None:
    with pytest.raises(KeyFormatError, match="from 1 to 255 characters, not 256"):
        parsed_key(value)


@given(key=st.text(alphabet=PRINTABLE, min_size=1, max_size=KEY_MAX_CHARACTERS))
def test_every_printable_key_can_be_quoted(key: str) -> None:
    quoted = key.replace("\\", "\\\\").replace('"', '\\"')
    assert parsed_key(f'"{quoted}"') == key
