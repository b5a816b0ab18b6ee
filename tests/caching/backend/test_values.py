"""What may be kept, and that it comes back as what it was."""

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils.safestring import SafeString, mark_safe
from hypothesis import given
from hypothesis import strategies as st

from apps.caching.backend import LevelledCache
from apps.caching.backend.values import Values
from apps.caching.exceptions import EntryError
from tests.caching.backend.conftest import Make, forget_memory

SAFE = Values(is_pickle_allowed=False)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.dates()
    | st.datetimes(timezones=st.none() | st.just(UTC) | st.just(ZoneInfo("Europe/Berlin")))
    | st.decimals(allow_nan=False)
    | st.text().map(mark_safe)
)
KEYS = st.text() | st.integers() | st.tuples(st.integers(), st.text()) | st.dates()
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(), inner, max_size=4)
        | st.dictionaries(KEYS, inner, max_size=4)
    ),
    max_leaves=12,
)
PICKLE_FREE = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "perfsite.settings"
import django
django.setup()
from django.core.cache import cache
cache.area
print("apps.caching.backend.pickles" in sys.modules)
"""


class Odd:
    """Of no kind that is safe."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Odd)

    __hash__ = None  # type: ignore[assignment]


def kinds(value: Any) -> Any:
    """Return the types within, which equality alone does not tell apart."""
    if isinstance(value, list | tuple):
        return type(value), [kinds(one) for one in value]
    if isinstance(value, dict):
        return dict, [(kinds(key), kinds(one)) for key, one in value.items()]
    return type(value), getattr(value, "tzinfo", None), getattr(value, "fold", None)


@given(VALUES)
def test_every_safe_value_comes_back_as_what_it_was(value: Any) -> None:
    found = SAFE.decode(SAFE.encode(value))
    assert found == value
    assert kinds(found) == kinds(value)


@given(st.binary(max_size=40))
def test_bytes_that_are_no_value_are_refused(data: bytes) -> None:
    try:
        value = SAFE.decode(b"m" + data)
    except EntryError:
        return
    assert kinds(value) is not None


@pytest.mark.parametrize(
    "value",
    [
        {1, 2},
        Odd(),
        [1, (2, {"deep": Fraction(1, 3)})],
        {Odd.__name__: Odd},
        datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=1))),
        type("Text", (str,), {})("subclass"),
    ],
)
def test_other_values_are_refused_by_name(cache: LevelledCache, value: Any) -> None:
    with pytest.raises(TypeError, match="is not kept"):
        cache.set("key", value)
    assert "key" not in cache


def test_a_safe_string_stays_safe(cache: LevelledCache) -> None:
    cache.set("key", mark_safe("<b>"))
    forget_memory(cache)
    assert type(cache.get("key")) is SafeString


def test_pickles_need_an_option_and_are_refused_without(make_cache: Make) -> None:
    allowed, plain = make_cache(OPTIONS={"ALLOW_PICKLE": True}), make_cache()
    allowed.set("key", {"odd": Odd()})
    assert allowed.get("key") == {"odd": Odd()}
    allowed.set("safe", (date(2026, 1, 1), Decimal("1.50")))
    assert plain.get("safe") == (date(2026, 1, 1), Decimal("1.50"))
    before = plain.area.tally.misses["corrupt"]
    assert plain.get("key", "refused") == "refused"
    assert plain.area.tally.misses["corrupt"] == before + 1


def test_nothing_is_unpickled_that_was_not_authenticated(make_cache: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = make_cache(OPTIONS={"ALLOW_PICKLE": True})
    cache.set("key", Odd())
    cache.set("other", Odd())
    cells, area = cache.area.cells, cache.area
    key, other = (area.digest(cache.make_key(name)) for name in ("key", "other"))
    [frame] = cells.read([key])
    assert frame is not None
    forged = [frame[:-1] + bytes([frame[-1] ^ 1]), frame[:30] + b"\x01" + frame[30:], b"pickle", cells.read([other])[0]]

    def reached(_: bytes) -> Any:
        raise AssertionError("it was unpickled")

    monkeypatch.setattr(cache._values._pickles, "unpacked", reached)
    for data in forged:
        assert data is not None
        cells.write({key: data}, 60)
        forget_memory(cache)
        assert cache.get("key", "refused") == "refused"
        with pytest.raises(ValueError, match="not found"):
            cache.incr("key")


def test_a_kind_that_this_version_does_not_know_is_refused() -> None:
    with pytest.raises(EntryError, match="no kind 99"):
        SAFE.decode(b"m" + msgspec.msgpack.encode(msgspec.msgpack.Ext(99, b"x")))


def test_the_option_is_true_or_false(make_cache: Make) -> None:
    with pytest.raises(ImproperlyConfigured, match="ALLOW_PICKLE"):
        make_cache(OPTIONS={"ALLOW_PICKLE": "no"})
    assert make_cache(OPTIONS={"ALLOW_PICKLE": False}).get("key") is None


def test_without_the_option_the_module_that_pickles_is_not_even_loaded() -> None:
    found = subprocess.run([sys.executable, "-c", PICKLE_FREE], check=True, capture_output=True, text=True)
    assert found.stdout.strip() == "False"
