"""Sealed values: only what we sealed for a place is opened there."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.backplane.seal import Seal, SealError, seal

WORDS = ("flight", "edge", "k1")


@given(st.binary(max_size=300), st.lists(st.text(max_size=8), max_size=4))
def test_what_was_sealed_for_a_place_is_opened_there(value: bytes, words: list[str]) -> None:
    made = Seal(["secret"])
    assert made.open(made.seal(value, *words), *words) == value


def test_another_process_with_the_same_keys_opens_it() -> None:
    data = Seal(["secret"]).seal(b"value", *WORDS)
    assert Seal(["secret"]).open(data, *WORDS) == b"value"
    assert b"value" not in data


@pytest.mark.parametrize("bound", [(), ("flight", "edge"), ("flight", "edge", "k2"), ("fligh", "tedge", "k1")])
def test_a_value_moved_elsewhere_is_refused(bound: tuple[str, ...]) -> None:
    made = Seal(["secret"])
    with pytest.raises(SealError, match="belongs elsewhere"):
        made.open(made.seal(b"value", *WORDS), *bound)


def test_every_truncation_and_every_changed_byte_is_refused() -> None:
    made = Seal(["secret"])
    data = made.seal(b"value", *WORDS)
    wrong = [data[:size] for size in range(len(data))]
    wrong += [data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :] for at in range(len(data))]
    refused = 0
    for forged in wrong:
        with pytest.raises(SealError):
            made.open(forged, *WORDS)
        refused += 1
    assert refused == 2 * len(data)


@given(st.binary(max_size=300), st.lists(st.text(max_size=8), max_size=4))
def test_what_was_signed_for_a_place_is_readable_and_taken_there(value: bytes, words: list[str]) -> None:
    made = Seal(["secret"])
    data = made.sign(value, *words)
    assert data.endswith(value)
    assert Seal(["secret"]).signed(data, *words) == value


def test_a_signed_value_that_was_changed_moved_or_sealed_instead_is_refused() -> None:
    made = Seal(["secret"])
    data = made.sign(b"value", *WORDS)
    wrong = [data[:size] for size in range(len(data))]
    wrong += [data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :] for at in range(len(data))]
    for forged in [*wrong, made.seal(b"value", *WORDS)]:
        with pytest.raises(SealError):
            made.signed(forged, *WORDS)
    with pytest.raises(SealError, match="belongs elsewhere"):
        made.signed(data, *WORDS[:2])
    with pytest.raises(SealError):
        made.open(data, *WORDS)
    assert made.signed(data, *WORDS) == b"value"


def test_keys_are_rotated_without_a_flush() -> None:
    data = Seal(["old"]).seal(b"value", *WORDS)
    rotated = Seal(["new", "old"])
    assert rotated.open(data, *WORDS) == b"value"
    fresh = rotated.seal(b"value", *WORDS)
    with pytest.raises(SealError, match="no sealed value of ours"):
        Seal(["old"]).open(fresh, *WORDS)


def test_the_site_seals_by_its_cache_keys_and_else_by_its_secret_key(settings: Any) -> None:
    settings.CACHE_KEYS, settings.SECRET_KEY = [], "secret"
    data = seal().seal(b"value")
    settings.CACHE_KEYS = ["fresh", "secret"]
    assert seal().open(data) == b"value"
    assert seal() is seal()
